package dev.archive.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process of its own that runs a class of ours with the test's class path. */
public final class JavaProcess {
  private static final long MAX_SECONDS = 120;

  private JavaProcess() {}

  /** Starts it; stdout and stderr come as one stream. */
  public static Process start(Map<String, String> environment, String main, String... args)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(ChildJvm.java(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    command.addAll(Arrays.asList(args));
    return started(environment, command);
  }

  /** Starts a command of the program; stdout and stderr come as one stream. */
  public static Process program(Map<String, String> environment, String... args)
      throws IOException {
    List<String> command = ChildJvm.program("-Xmx128m");
    command.addAll(Arrays.asList(args));
    return started(environment, command);
  }

  private static Process started(Map<String, String> environment, List<String> command)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Waits for its end and gives what it printed. */
  public static String output(Process process) throws IOException, InterruptedException {
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(MAX_SECONDS, TimeUnit.SECONDS), "did not end");
    return text;
  }
}
