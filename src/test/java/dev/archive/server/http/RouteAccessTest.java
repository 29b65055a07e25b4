package dev.archive.server.http;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.AccessToken;
import dev.archive.model.Owner;
import dev.archive.model.Scope;
import dev.archive.model.Secret;
import dev.archive.server.Admission;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.server.RunningServer;
import dev.archive.server.ServerOptions;
import dev.archive.server.TokenAdmin;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every call of the API with every kind of credential. What each call asks for is said here a
 * second time: a call without a row of its own fails the build.
 */
class RouteAccessTest {
  private static final String PUBLIC = "public";
  private static final String SIGNED = "signed";
  private static final String READ = "read";
  private static final String UPLOAD = "upload";
  private static final String ADMIN = "admin";

  private static final Map<String, String> ROWS =
      Map.ofEntries(
          Map.entry("GET /", PUBLIC),
          Map.entry("GET /health/live", PUBLIC),
          Map.entry("GET /health/ready", PUBLIC),
          Map.entry("GET /metrics", ADMIN),
          Map.entry("PUT /upload/{file}", SIGNED),
          Map.entry("GET /api/batches", READ),
          Map.entry("POST /api/batches/init", UPLOAD),
          Map.entry("DELETE /api/batches/{batch}", UPLOAD),
          Map.entry("GET /api/batches/{batch}/status", READ),
          Map.entry("GET /api/batches/{batch}/history", READ),
          Map.entry("GET /api/batches/{batch}/audit", READ),
          Map.entry("GET /api/batches/{batch}/files/content", READ),
          Map.entry("GET /api/batches/{batch}/tar", READ),
          Map.entry("POST /api/batches/{batch}/files/start", UPLOAD),
          Map.entry("POST /api/batches/{batch}/files/parts", UPLOAD),
          Map.entry("POST /api/batches/{batch}/files/complete", UPLOAD),
          Map.entry("POST /api/batches/{batch}/files/bundle", UPLOAD),
          Map.entry("POST /api/batches/{batch}/files/forget", UPLOAD),
          Map.entry("PUT /api/batches/{batch}/attributes", UPLOAD),
          Map.entry("POST /api/batches/{batch}/finalize", UPLOAD));

  private static final String ABSENT = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

  @TempDir static Path root;
  private static RunningServer server;
  private static ApiClient api;
  private static final Map<String, String[]> REFUSED = new LinkedHashMap<>();
  private static String ada;
  private static String adaReads;
  private static String bob;
  private static String admin;

  @BeforeAll
  static void start() {
    ada = token("ada", "ada", Scope.UPLOAD);
    server =
        RunningServer.on(
            new ServerOptions(root, "127.0.0.1", 0, null, "test")
                .admitting(new Admission.WithTokens(null, false)),
            Clock.systemUTC());
    api = server.api();
    // From here on beside a server that runs.
    adaReads = token("ada-reads", "ada", Scope.READ);
    bob = token("bob", "bob", Scope.UPLOAD);
    admin = token("root", "operators", Scope.ADMIN);
    String revoked = token("revoked", "ada", Scope.UPLOAD);
    TokenAdmin.revoke(root, Clock.systemUTC(), "revoked");
    Clock lastYear = Clock.offset(Clock.systemUTC(), Duration.ofDays(-365));
    String expired =
        TokenAdmin.create(
                root, lastYear, "expired", new Owner("ada"), Scope.UPLOAD, Duration.ofDays(1))
            .text()
            .reveal();
    String id = ada.substring(0, "arc_0123456789abcdef_".length());
    REFUSED.put("none", new String[0]);
    for (String malformed :
        List.of(
            "Bearer",
            "Bearer x",
            "Basic " + ada,
            ada,
            "Bearer " + ada + "x",
            "Bearer " + ada.substring(0, ada.length() - 1),
            "Bearer " + ada + " " + ada,
            "Bearer " + ada + "," + ada,
            "Bearer \"" + ada + '"',
            "Bearer " + ada.toUpperCase(java.util.Locale.ROOT),
            "Token " + ada,
            "Bearer\t" + ada)) {
      REFUSED.put("malformed " + malformed.replace(ada, "TOKEN"), shows(malformed));
    }
    REFUSED.put("unknown", bearer("arc_0123456789abcdef_" + Secret.random().reveal()));
    REFUSED.put("wrong secret", bearer(id + Secret.random().reveal()));
    REFUSED.put("secret of another", bearer(id + bob.substring(id.length())));
    REFUSED.put("revoked", bearer(revoked));
    REFUSED.put("expired", bearer(expired));
    REFUSED.put("in another header", new String[] {"X-Authorization", "Bearer " + ada});
    REFUSED.put("as a cookie", new String[] {"Cookie", "token=" + ada});
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String token(String name, String owner, Scope scope) {
    AccessToken.Created made =
        TokenAdmin.create(root, Clock.systemUTC(), name, new Owner(owner), scope, null);
    return made.text().reveal();
  }

  private static String[] shows(String... values) {
    String[] headers = new String[2 * values.length];
    for (int i = 0; i < values.length; i++) {
      headers[2 * i] = "Authorization";
      headers[2 * i + 1] = values[i];
    }
    return headers;
  }

  private static String[] bearer(String token) {
    return shows("Bearer " + token);
  }

  private static List<Route> routes() {
    return Router.table(
            new ServiceCalls("test", null, null),
            new MetricsCalls(null, null, false, null, null, null),
            new BatchCalls(null),
            new FileCalls(null),
            new StateCalls(null, null),
            new AuditCalls(null, null),
            new ContentCalls(null, null),
            new UploadCalls(null, null, null, null))
        .all();
  }

  private static String name(Route route) {
    return route.method() + " " + route.path();
  }

  static Set<String> rows() {
    return new TreeSet<>(ROWS.keySet());
  }

  @Test
  void everyCallHasARow() {
    assertEquals(
        rows(), routes().stream().map(RouteAccessTest::name).collect(toCollection(TreeSet::new)));
  }

  /** A batch of ada's with a file under way. */
  private static String batch() {
    String batch =
        api.post("/api/batches/init", ApiClient.initRequest(1, 1), bearer(ada))
            .expect(201)
            .text("batch_id");
    url(batch);
    return batch;
  }

  private static String url(String batch) {
    return api.post(
            "/api/batches/" + batch + "/files/start", ApiClient.startRequest("/a", 1), bearer(ada))
        .expect(200)
        .text("presigned_url");
  }

  private static Answer call(String row, String batch, String query, String... headers) {
    String method = row.substring(0, row.indexOf(' '));
    String path = row.substring(row.indexOf(' ') + 1).replace("{batch}", batch);
    if (path.endsWith("/attributes")) {
      path += "?page=0&last=true";
      query = query.replace('?', '&');
    }
    String body =
        path.endsWith("/init")
            ? "{\"uploader\":\"a\",\"root_path\":\"/\",\"file_count\":1,\"total_size\":1}"
            : path.endsWith("/start")
                ? "{\"file_name\":\"b\",\"file_size\":1,\"logical_path\":\"/b\","
                    + "\"content_type\":\"text/plain\"}"
                : "{\"r2_key\":\"staging/" + batch + "/a\"}";
    return api.send(
        method,
        server.url() + path + query,
        method.equals("POST") ? BodyPublishers.ofString(body) : BodyPublishers.noBody(),
        headers);
  }

  private static String state() {
    return api.send("GET", server.url() + "/api/batches", BodyPublishers.noBody(), bearer(admin))
        .expect(200)
        .body();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void callsAskForWhatTheirRowSays(String row) {
    String access = ROWS.get(row);
    if (access.equals(SIGNED)) {
      return;
    }
    String batch = batch();
    String before = state();
    if (access.equals(PUBLIC)) {
      REFUSED.forEach((kind, shown) -> assertEquals(200, call(row, batch, "", shown).status()));
      return;
    }
    REFUSED.forEach((kind, shown) -> assertUnauthorized(call(row, batch, "", shown), kind));
    String signature = url(batch).replaceFirst(".*[?]", "?");
    assertUnauthorized(call(row, batch, signature), "signature in place of a token");
    for (String query : List.of("?token=" + ada, "?access_token=" + ada, "?Authorization=" + ada)) {
      assertUnauthorized(call(row, batch, query), "in the query");
    }
    call(row, batch, "", shows("Bearer " + ada, "Bearer " + ada)).expect(400, "INVALID_REQUEST");
    call(row, batch, "", shows("Bearer " + ada, "Bearer " + bob)).expect(400, "INVALID_REQUEST");
    for (String tooLittle :
        access.equals(UPLOAD)
            ? List.of(adaReads)
            : access.equals(ADMIN) ? List.of(adaReads, ada) : List.<String>of()) {
      Answer scope = call(row, batch, "", bearer(tooLittle)).expect(403, "FORBIDDEN");
      assertTrue(
          scope
              .headers()
              .firstValue("WWW-Authenticate")
              .orElse("")
              .contains("scope=\"" + access + '"'));
    }
    if (row.contains("{batch}")) {
      Answer other = call(row, batch, "", bearer(bob)).expect(404, "BATCH_NOT_FOUND");
      assertEquals(sameForAll(call(row, ABSENT, "", bearer(bob))), sameForAll(other));
      assertEquals(sameForAll(call(row, "none", "", bearer(bob))), sameForAll(other));
    }
    assertEquals(before, state(), "nothing changed");
    for (String allowed :
        access.equals(READ)
            ? List.of(ada, adaReads, admin)
            : access.equals(ADMIN) ? List.of(admin) : List.of(ada, admin)) {
      Answer answer = call(row, batch(), "", bearer(allowed));
      assertNotEquals(401, answer.status(), answer.body());
      assertNotEquals(403, answer.status(), answer.body());
      assertNotEquals(404, answer.status(), answer.body());
    }
  }

  /** An answer without what no two have in common. */
  private static String sameForAll(Answer answer) {
    String id = answer.text("request_id");
    assertEquals(id, answer.headers().firstValue("X-Request-Id").orElseThrow());
    return answer.body().replace(id, "ID");
  }

  private static void assertUnauthorized(Answer answer, String kind) {
    assertEquals(401, answer.status(), kind);
    answer.expect(401, "UNAUTHORIZED");
    assertTrue(
        answer.headers().firstValue("WWW-Authenticate").orElse("").startsWith("Bearer realm="),
        kind);
    for (String token : List.of(ada, bob)) {
      assertTrue(!answer.body().contains(token.substring(21)), kind);
    }
  }

  @Test
  void uploadUrlsAskForTheirSignatureAlone() {
    String url = url(batch());
    REFUSED.forEach(
        (kind, shown) -> {
          if (shown.length > 0 && shown[0].equals("Authorization")) {
            api.put(url, new byte[1], shown).expect(400, "INVALID_REQUEST");
          }
        });
    api.put(url, new byte[1], bearer(ada)).expect(400, "INVALID_REQUEST");
    String unsigned = url.substring(0, url.indexOf('?'));
    api.put(unsigned, new byte[1]).expect(403, "FORBIDDEN");
    api.put(unsigned, new byte[1], bearer(ada)).expect(400, "INVALID_REQUEST");
    api.put(unsigned + "?token=" + ada, new byte[1]).expect(403, "FORBIDDEN");
    api.put(url, new byte[1]).expect(200);
  }
}
