package dev.archive.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.server.IngestServer;
import dev.archive.testing.JavaProcess;
import dev.archive.testing.Lies;
import dev.archive.testing.LyingProxy;
import dev.archive.testing.ServerFixture;
import dev.archive.testing.Trees;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every kind of lie in the place of every kind of answer, to a client in 128 MiB: never a false
 * success, never beyond the timeout, never an exit nobody can act on, nothing raw on the terminal.
 * {@code -Darchive.lies=N} tells N of them.
 */
class LyingServerTest {
  private static final int LIES = Integer.getInteger("archive.lies", 6);
  private static final long TIMEOUT_MILLIS = 2000;
  private static final List<String> CALLS =
      List.of(
          "GET /",
          "POST /api/batches/init",
          "POST .*/files/start",
          "PUT .*",
          "POST .*/files/complete",
          "POST .*/files/bundle",
          "POST .*/finalize",
          "GET .*/status\\?summary=true",
          "GET .*/status\\?since=.*",
          "GET /api/batches(\\?.*)?",
          "GET .*/history.*",
          "GET .*/audit.*",
          "DELETE .*");

  @TempDir Path directory;

  private record Ended(String exit, long millis, String out, String err) {}

  /** Each command has a timeout of its own; many of them take long. */
  @Test
  @Timeout(value = 1, unit = TimeUnit.HOURS)
  void noLieMakesAFalseSuccessOrAHangOrACrash() throws Exception {
    Path tree = Trees.small(directory.resolve("tree"), 4, 1);
    Trees.random(tree.resolve("large"), 6 << 20, 1);
    Map<String, String> environment =
        Map.of("LC_ALL", "C.UTF-8", "XDG_STATE_HOME", directory.resolve("state").toString());
    List<String> failures = new ArrayList<>();
    Map<String, Integer> exits = new java.util.TreeMap<>();
    int told = 0;
    try (IngestServer server = ServerFixture.start(directory.resolve("root"));
        LyingProxy proxy = new LyingProxy(server.url())) {
      Process process = JavaProcess.start(environment, CommandLoop.class.getName());
      try (PrintWriter to = new PrintWriter(process.getOutputStream(), true, UTF_8);
          BufferedReader from =
              new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
        String batch = null;
        long first = Long.getLong("archive.seed", 1);
        for (long seed = first; seed < first + LIES; seed++) {
          SplittableRandom random = new SplittableRandom(seed);
          String call = CALLS.get(random.nextInt(CALLS.size()));
          Lies.Kind kind = Lies.Kind.values()[random.nextInt(Lies.Kind.values().length)];
          if (kind == Lies.Kind.SLOW && command(call, "", "", tree, seed)[0].matches("[^u].*")) {
            // Without a timeout that takes half a minute an attempt; DeadlineTest shows it.
            kind = Lies.Kind.BUSY;
          }
          if (batch == null || seed % 20 == 0) {
            proxy.lie(any -> false, LyingProxy.Lie.truth());
            Ended honest =
                run(
                    to,
                    from,
                    "upload",
                    "--json",
                    "--again",
                    "--server",
                    proxy.url(),
                    tree.toString());
            assertEquals("0", honest.exit, honest.err);
            batch = new CommandRun(0, honest.out, honest.err).receiptField("batch_id");
          }
          int skip = random.nextInt(2);
          int[] seen = {0};
          proxy.lie(
              each -> {
                synchronized (seen) {
                  return each.matches(call) && seen[0]++ >= skip;
                }
              },
              Lies.of(kind, random));
          String[] command = command(call, proxy.url(), batch, tree, seed);
          Ended ended = run(to, from, command);
          told += proxy.lies();
          String what =
              "seed "
                  + seed
                  + ": "
                  + kind
                  + " for "
                  + call
                  + ", "
                  + Arrays.toString(command)
                  + " ended with "
                  + ended.exit
                  + " after "
                  + ended.millis
                  + " ms: "
                  + ended.err
                  + ended.out.lines().limit(3).toList();
          exits.merge(ended.exit, 1, Integer::sum);
          if (ended.exit.equals("1") || ended.exit.equals("threw")) {
            failures.add("crash: " + what);
          }
          boolean timed = command[0].equals("upload");
          if (timed && ended.millis > TIMEOUT_MILLIS + 5000) {
            failures.add("late: " + what);
          }
          if ((ended.out + ended.err).codePoints().anyMatch(LyingServerTest::isRaw)) {
            failures.add("raw: " + what);
          }
          if (ended.err.contains("\tat ")
              || ended.err.contains("Exception")
              || ended.err.lines().anyMatch(line -> line.length() > 1000)) {
            failures.add("words: " + what);
          }
          if (timed && ended.exit.equals("0")) {
            proxy.lie(any -> false, LyingProxy.Lie.truth());
            String receipted =
                java.util.regex.Pattern.compile("[0-9A-Z]{26}")
                    .matcher(ended.out)
                    .results()
                    .map(java.util.regex.MatchResult::group)
                    .findFirst()
                    .orElse("none");
            Ended verified =
                run(
                    to,
                    from,
                    "verify",
                    "--server",
                    server.url(),
                    String.valueOf(receipted),
                    tree.toString());
            Ended status =
                run(to, from, "status", "--server", server.url(), String.valueOf(receipted));
            if (!verified.exit.equals("0") || status.out.contains(" uploading")) {
              failures.add("false success: " + what);
            }
          }
        }
      } finally {
        process.destroyForcibly();
      }
    }
    System.out.println(LIES + " commands, " + told + " lies, exits " + exits);
    assertTrue(failures.isEmpty(), () -> failures.size() + ":\n" + String.join("\n", failures));
  }

  private static String[] command(String call, String url, String batch, Path tree, long seed) {
    boolean json = seed % 2 == 0;
    List<String> command =
        new ArrayList<>(
            switch (call) {
              case "GET .*/status\\?summary=true" -> List.of("status");
              case "GET .*/status\\?since=.*" -> List.of("status", "--files");
              case "GET /api/batches(\\?.*)?" -> List.of("list");
              case "GET .*/history.*" -> List.of("history");
              case "GET .*/audit.*" -> List.of("verify", "--deep", "--again");
              case "DELETE .*" -> List.of("abort");
              default -> List.of("upload", "--again", "--timeout", TIMEOUT_MILLIS + "ms");
            });
    String name = command.get(0);
    if (json && !name.equals("abort")) {
      command.add("--json");
    }
    command.addAll(List.of("--server", url));
    if (name.equals("upload")) {
      command.add(tree.toString());
    } else if (!name.equals("list")) {
      command.add(batch);
    }
    return command.toArray(String[]::new);
  }

  private static boolean isRaw(int c) {
    int type = Character.getType(c);
    return c != '\n' && (type == Character.CONTROL || type == Character.FORMAT);
  }

  private static Ended run(PrintWriter to, BufferedReader from, String... args) throws Exception {
    to.println(String.join("\t", args));
    for (String line = from.readLine(); line != null; line = from.readLine()) {
      String[] fields = line.split("\t");
      if (fields.length == 4 && fields[2].startsWith("-")) {
        return new Ended(fields[0], Long.parseLong(fields[1]), text(fields[2]), text(fields[3]));
      }
    }
    return new Ended("threw", 0, "", "the process ended");
  }

  private static String text(String encoded) {
    return new String(Base64.getDecoder().decode(encoded.substring(1)), UTF_8);
  }
}
