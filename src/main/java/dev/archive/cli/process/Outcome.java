package dev.archive.cli.process;

import dev.archive.model.ChildEnvironment;
import dev.archive.model.Count;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is told to the command of {@code --on-success} or {@code --on-failure} once all else is
 * done. The command gets one JSON object on its standard input and nothing on its command line, so
 * that no name of a file can become code.
 */
public final class Outcome {
  /** How long the command may run. */
  static final Duration MAX_TIME = Duration.ofSeconds(60);

  private final Map<String, Object> fields = new LinkedHashMap<>();
  private final Duration maxTime;
  private @Nullable String onSuccess;
  private @Nullable String onFailure;

  Outcome() {
    this(MAX_TIME);
  }

  Outcome(Duration maxTime) {
    this.maxTime = maxTime;
  }

  /**
   * Asks to run commands at the end.
   *
   * @param onSuccess run where the exit code is 0, or null
   * @param onFailure run where it is another, or null
   */
  public synchronized void tell(
      String command, @Nullable String onSuccess, @Nullable String onFailure) {
    fields.put("command", command);
    this.onSuccess = onSuccess;
    this.onFailure = onFailure;
  }

  /** Adds what came of it; a later value of a name replaces the earlier one. */
  public synchronized void put(String name, Object value) {
    fields.put(name, value);
  }

  /** The last event of a run's log. */
  synchronized Map<String, Object> ended(int exit) {
    return event("ended", exit);
  }

  private Map<String, Object> event(String name, int exit) {
    Map<String, Object> event = EventLine.of(name);
    event.putAll(fields);
    event.put("exit", exit);
    event.put("success", exit == ExitCodes.OK);
    return event;
  }

  /**
   * Runs the command that fits the exit code. If the command fails, the exit code stands.
   *
   * @param complain is told where the command fails
   */
  public synchronized void end(int exit, Consumer<String> complain) {
    String command = exit == ExitCodes.OK ? onSuccess : onFailure;
    if (command == null) {
      return;
    }
    String option = exit == ExitCodes.OK ? "--on-success" : "--on-failure";
    String failure = run(command, event("outcome", exit));
    if (failure != null) {
      complain.accept(
          "the command of "
              + option
              + " "
              + failure
              + "; the exit code "
              + exit
              + " of this run stands: "
              + Text.quote(command));
    }
  }

  /** What failed, or null. */
  private @Nullable String run(String command, Map<String, Object> outcome) {
    Process process = null;
    try {
      // What it prints goes where errors go: standard output is this program's.
      ProcessBuilder shell =
          new ProcessBuilder("/bin/sh", "-c", "eval \"$1\" >&2", "sh", command)
              .redirectError(Redirect.INHERIT)
              .redirectOutput(Redirect.DISCARD);
      ChildEnvironment.withoutSecrets(shell);
      process = shell.start();
      give(outcome, process.getOutputStream());
      if (!process.waitFor(maxTime.toMillis(), TimeUnit.MILLISECONDS)) {
        return "did not end within " + Count.of(maxTime.toSeconds(), "second") + " and was killed";
      }
      return process.exitValue() == 0 ? null : "failed with exit code " + process.exitValue();
    } catch (IOException e) {
      return "could not be started: " + e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "was interrupted and killed";
    } finally {
      if (process != null && process.isAlive()) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    }
  }

  /** Beside the command, for one that reads nothing must not hold up the end of its time. */
  private static void give(Map<String, Object> outcome, OutputStream to) {
    byte[] input = (Json.text(outcome) + "\n").getBytes(StandardCharsets.UTF_8);
    var unused =
        CompletableFuture.runAsync(
            () -> {
              try (OutputStream in = to) {
                in.write(input);
              } catch (IOException e) {
                // A command need not read it.
              }
            });
  }
}
