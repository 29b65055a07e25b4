package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.Owner;
import dev.archive.model.Scope;
import dev.archive.server.Admission;
import dev.archive.server.IngestServer;
import dev.archive.server.RequestLines;
import dev.archive.server.ServerOptions;
import dev.archive.server.TokenAdmin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No secret that a run has to do with stands in anything that it writes, prints or starts. */
class CanaryTest {
  /** In the place of a token that is not one of the archive. */
  private static final String STRANGER =
      "arc_0123456789abcdef_CanaryCanaryCanaryCanaryCanaryCanaryCanaryC";

  @TempDir Path directory;
  private final Map<String, String> printed = new TreeMap<>();
  private String token;

  private CommandRun run(String token, String... args) {
    Map<String, String> environment = new HashMap<>();
    environment.put("ARCHIVE_HOME", directory.resolve("home").toString());
    environment.put("XDG_STATE_HOME", directory.resolve("state").toString());
    if (token != null) {
      environment.put("ARCHIVE_TOKEN", token);
    }
    CommandRun run = CommandRun.of(environment, args);
    printed.put(printed.size() + " " + String.join(" ", args), run.out() + run.err());
    return run;
  }

  @Test
  void noSecretIsWrittenPrintedOrHandedOn() throws IOException {
    Path root = directory.resolve("root");
    Path source = Files.createDirectory(directory.resolve("source"));
    Files.writeString(source.resolve("small"), "small");
    Files.write(source.resolve("in parts"), new byte[6 << 20]);
    Clock clock = Clock.systemUTC();
    token =
        TokenAdmin.create(root, clock, "ada", new Owner("ada"), Scope.ADMIN, null).text().reveal();
    Path tokenFile = directory.resolve("token");
    Files.writeString(tokenFile, token);
    Files.setPosixFilePermissions(tokenFile, PosixFilePermissions.fromString("rw-------"));
    String log = "--log-file=" + directory.resolve("run.log");
    String env = "env > " + directory.resolve("children.") + "$$";
    String url;
    try (IngestServer server =
        IngestServer.start(
            new ServerOptions(
                    root,
                    "127.0.0.1",
                    0,
                    null,
                    "test",
                    ServerOptions.EXPIRE_AFTER,
                    false,
                    env + "; cat > " + directory.resolve("message"))
                .admitting(new Admission.WithTokens(null, false))
                .telling(new RequestLines.ToFile(directory.resolve("server.log"), 1 << 20)),
            clock)) {
      url = server.url();
      String there = "--server=" + url;
      CommandRun upload =
          run(
              token,
              "upload",
              there,
              log,
              "--json",
              "--metrics-file=" + directory.resolve("run.prom"),
              "--receipt=" + directory.resolve("receipt.json"),
              "--on-success=" + env,
              source.toString());
      assertEquals(0, upload.exit(), upload.err());
      String batch = upload.receiptField("batch_id");
      run(null, "verify", there, "--token-file=" + tokenFile, batch, source.toString());
      run(token, "fetch", there, log, batch, directory.resolve("fetched").toString());
      run(token, "doctor", there);
      run(token, "runs");
      run(token, "receipts");
      run(token, "receipt", batch);
      run(token, "history", there, batch);
      run(token, "list", there, "--json");
      run(token, "status", there, "--files", batch);
      run(token, "config", "show");
      for (String wrong : List.of(STRANGER, token + "x", "Bearer " + STRANGER)) {
        assertTrue(run(wrong, "list", there).exit() != 0);
        run(wrong, "upload", there, log, "--on-failure=" + env, source.toString());
        run(wrong, "doctor", there);
      }
      run(token, "token", "list", "--root=" + root);
    }
    run(token, "list", "--server=" + url);
    run(token, "upload", "--timeout=1s", "--server=" + url, log, source.toString());
    requireNone(secrets(root), tokenFile);
  }

  /** Each secret by name, in every form in which it could stand somewhere. */
  private Map<String, String> secrets(Path root) throws IOException {
    Map<String, String> secrets = new TreeMap<>();
    secrets.put("token", token.substring(token.lastIndexOf('_', token.length() - 43)));
    secrets.put("stranger's token", "CanaryCanary");
    secrets.put("signed URL", "signature=");
    for (Path key : keys(root)) {
      byte[] raw = Files.readAllBytes(key);
      secrets.put("key", new String(raw, StandardCharsets.ISO_8859_1));
      secrets.put("key in hex", HexFormat.of().formatHex(raw));
      secrets.put("key in Base64", Base64.getEncoder().withoutPadding().encodeToString(raw));
      secrets.put("key in URLs", Base64.getUrlEncoder().withoutPadding().encodeToString(raw));
    }
    assertTrue(secrets.containsKey("key"), "no signing key was found below " + root);
    return secrets;
  }

  private static List<Path> keys(Path root) throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files.filter(each -> each.getFileName().toString().startsWith("signing.key")).toList();
    }
  }

  private void requireNone(Map<String, String> secrets, Path tokenFile) throws IOException {
    List<Path> keys = keys(directory.resolve("root"));
    List<String> found = new ArrayList<>();
    int looked = 0;
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.equals(tokenFile) && !keys.contains(file)) {
          String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
          look(file.toString(), text, secrets, found);
          looked++;
        }
      }
    }
    printed.forEach((command, text) -> look(command, text, secrets, found));
    assertEquals(List.of(), found);
    // The hook of the server, that of the run, and logs were among them.
    assertTrue(looked > 15, looked + " files");
    try (Stream<Path> files = Files.list(directory)) {
      assertTrue(
          files.filter(each -> each.getFileName().toString().startsWith("children.")).count() >= 2);
    }
  }

  private static void look(
      String where, String text, Map<String, String> secrets, List<String> found) {
    secrets.forEach(
        (name, secret) -> {
          if (text.contains(secret)) {
            found.add(name + " in " + where);
          }
        });
  }
}
