package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Owner;
import dev.archive.model.Scope;
import dev.archive.server.ApiClient.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batches, keys and lists belong to owners; tokens say who that is. */
class OwnersTest {
  private static final Clock CLOCK = Clock.systemUTC();
  @TempDir Path root;

  private ServerOptions options() {
    return new ServerOptions(root, "127.0.0.1", 0, null, "test");
  }

  private String[] token(String name, String owner, Scope scope) {
    return new String[] {
      "Authorization",
      "Bearer "
          + TokenAdmin.create(root, CLOCK, name, new Owner(owner), scope, null).text().reveal()
    };
  }

  private static Answer init(ApiClient api, String... headers) {
    return api.post("/api/batches/init", ApiClient.initRequest(1, 1), headers);
  }

  private static List<String> list(ApiClient api, String query, String... headers) {
    List<String> ids = new ArrayList<>();
    api.send("GET", api.url() + "/api/batches" + query, BodyPublishers.noBody(), headers)
        .expect(200)
        .field("batches")
        .forEach(each -> ids.add(each.get("batch_id").asText()));
    return ids;
  }

  private static String[] and(String[] headers, String name, String value) {
    return new String[] {headers[0], headers[1], name, value};
  }

  @Test
  void firstTokenShutsTheDoorOfARunningServerAndRevokedOnesNeverOpenIt() {
    try (RunningServer server = RunningServer.on(options(), CLOCK)) {
      ApiClient api = server.api();
      String early = init(api).expect(201).text("batch_id");
      String[] operator = token("op", "default", Scope.UPLOAD);
      init(api).expect(401, "UNAUTHORIZED");
      api.get("/api/batches").expect(401, "UNAUTHORIZED");
      assertEquals(List.of(early), list(api, "", operator));
      TokenAdmin.revoke(root, CLOCK, "op");
      Answer revoked = init(api, operator).expect(401, "UNAUTHORIZED");
      assertTrue(revoked.text("error").contains("op was revoked at "), revoked.body());
      init(api).expect(401, "UNAUTHORIZED");
    }
  }

  @Test
  void sameKeyOfAnotherOwnerIsAnotherBatch() {
    String[] ada = token("ada", "ada", Scope.UPLOAD);
    String[] sister = token("ada2", "ada", Scope.UPLOAD);
    String[] bob = token("bob", "bob", Scope.UPLOAD);
    String[] old = token("old", "default", Scope.UPLOAD);
    try (RunningServer server = RunningServer.on(options(), CLOCK)) {
      ApiClient api = server.api();
      String of = init(api, and(ada, "Idempotency-Key", "k")).expect(201).text("batch_id");
      assertEquals(of, init(api, and(sister, "Idempotency-Key", "k")).expect(201).text("batch_id"));
      String bobs = init(api, and(bob, "Idempotency-Key", "k")).expect(201).text("batch_id");
      String olds = init(api, and(old, "Idempotency-Key", "k")).expect(201).text("batch_id");
      assertNotEquals(of, bobs);
      assertNotEquals(of, olds);
      assertNotEquals(bobs, olds);
      assertEquals(bobs, init(api, and(bob, "Idempotency-Key", "k")).text("batch_id"));
      // Not even by writing the owner into the key.
      String forged = "ada%0Ak";
      assertNotEquals(
          of, init(api, and(old, "Idempotency-Key", forged)).expect(201).text("batch_id"));
    }
  }

  @Test
  void listsShowWhatIsTheOwnersAndAdministratorsSeeAll() {
    String[] ada = token("ada", "ada", Scope.UPLOAD);
    String[] bob = token("bob", "bob", Scope.UPLOAD);
    String[] admin = token("admin", "ops", Scope.ADMIN);
    try (RunningServer server = RunningServer.on(options(), CLOCK)) {
      ApiClient api = server.api();
      List<String> all = new ArrayList<>();
      List<String> adas = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String batch = init(api, i % 2 == 0 ? ada : bob).expect(201).text("batch_id");
        all.add(batch);
        if (i % 2 == 0) {
          adas.add(batch);
        }
      }
      assertEquals(adas, list(api, "", ada));
      assertEquals(adas, list(api, "?status=uploading", ada));
      assertEquals(adas.subList(0, 1), list(api, "?limit=1", ada));
      assertEquals(adas.subList(1, 2), list(api, "?limit=1&after=" + adas.get(0), ada));
      // After a batch of another's, which tells nothing of it.
      assertEquals(adas.subList(1, 2), list(api, "?after=" + all.get(1), ada));
      assertEquals(all, list(api, "", admin));
      Answer last =
          api.send("GET", api.url() + "/api/batches?limit=2", BodyPublishers.noBody(), ada);
      assertTrue(last.json().path("next").isMissingNode() || last.json().path("next").isNull());
    }
  }

  @Test
  void clientsWithoutTokensBelongToOneOwner() {
    String[] ada = token("ada", "ada", Scope.UPLOAD);
    String[] guest = token("guest", "guest", Scope.READ);
    try (RunningServer server =
        RunningServer.on(
            options().admitting(new Admission.WithTokens(new Owner("guest"), false)), CLOCK)) {
      ApiClient api = server.api();
      String adas = init(api, ada).expect(201).text("batch_id");
      String guests = init(api).expect(201).text("batch_id");
      api.add(guests, "/a", new byte[1]);
      api.finalizeBatch(guests).expect(200);
      assertEquals(List.of(guests), list(api, ""));
      assertEquals(List.of(guests), list(api, "", guest));
      assertEquals(List.of(adas), list(api, "", ada));
      api.status(adas, "").expect(404, "BATCH_NOT_FOUND");
      // A wrong token is not the same as none.
      init(api, "Authorization", "Bearer wrong").expect(401, "UNAUTHORIZED");
      init(api, "Origin", "http://attacker.example").expect(403, "FORBIDDEN");
      init(api, and(ada, "Origin", "http://attacker.example")).expect(201);
    }
  }

  @Test
  void everybodyMayCallWhereToldSo() {
    String[] ada = token("ada", "ada", Scope.UPLOAD);
    try (RunningServer server =
        RunningServer.on(options().admitting(new Admission.Everybody()), CLOCK)) {
      String batch = init(server.api()).expect(201).text("batch_id");
      assertEquals(List.of(batch), list(server.api(), "", ada));
    }
  }

  @Test
  void noServerStartsWhereTokensAreAskedForAndThereAreNone() {
    ServerOptions options = options().admitting(new Admission.WithTokens(null, false));
    Path absent = root.resolve("absent");
    ServerOptions elsewhere =
        new ServerOptions(absent, "127.0.0.1", 0, null, "test")
            .admitting(options.callers().admission());
    assertEquals(
        ErrorCode.USAGE,
        assertThrows(ArchiveException.class, () -> IngestServer.start(elsewhere, CLOCK)).code());
    assertTrue(Files.notExists(absent), "nothing was made");
    RunningServer.on(options(), CLOCK).close();
    assertEquals(
        ErrorCode.USAGE,
        assertThrows(ArchiveException.class, () -> IngestServer.start(options, CLOCK)).code());
    var unused = token("ada", "ada", Scope.UPLOAD);
    RunningServer.on(options, CLOCK).close();
  }

  @Test
  void namesOfTokensAreTakenUntilTheyAreRevoked() {
    var first = token("ada", "ada", Scope.UPLOAD);
    assertEquals(
        ErrorCode.USAGE,
        assertThrows(ArchiveException.class, () -> token("ada", "x", Scope.READ)).code());
    TokenAdmin.revoke(root, CLOCK, "ada");
    assertThrows(ArchiveException.class, () -> TokenAdmin.revoke(root, CLOCK, "ada"));
    var second = token("ada", "ada", Scope.UPLOAD);
    assertNotEquals(first[1], second[1]);
    assertEquals(2, TokenAdmin.list(root).size());
    TokenAdmin.revoke(root, CLOCK, TokenAdmin.list(root).get(1).id());
    assertTrue(TokenAdmin.list(root).stream().allMatch(each -> each.revokedAt() != null));
  }

  @Test
  void tokenExpires() {
    SettableClock clock = new SettableClock();
    String text =
        TokenAdmin.create(root, clock, "ada", Owner.DEFAULT, Scope.READ, Duration.ofHours(1))
            .text()
            .reveal();
    try (RunningServer server = RunningServer.on(options(), clock)) {
      String[] ada = {"Authorization", "Bearer " + text};
      assertEquals(List.of(), list(server.api(), "", ada));
      clock.advance(Duration.ofHours(1));
      Answer over =
          server
              .api()
              .send("GET", server.url() + "/api/batches", BodyPublishers.noBody(), ada)
              .expect(401, "UNAUTHORIZED");
      assertTrue(over.text("error").contains("ada expired at "), over.body());
    }
  }
}
