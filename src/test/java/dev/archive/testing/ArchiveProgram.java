package dev.archive.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The built program, run as processes of its own that do not outlive this one. */
final class ArchiveProgram {
  private final Path program;
  private final Path state;
  private final Set<Process> children = ConcurrentHashMap.newKeySet();

  /**
   * The program, with one state directory for all its processes.
   *
   * @param state what {@code XDG_STATE_HOME} is to be
   */
  ArchiveProgram(Path program, Path state) {
    this.program = program.toAbsolutePath();
    this.state = state;
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> children.forEach(Process::destroyForcibly)));
  }

  /** Starts it; what it prints goes to files that are begun anew. */
  Process start(File out, File err, String... args) throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(Arrays.asList(args));
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out).redirectError(err);
    builder.environment().keySet().removeIf(name -> name.startsWith("ARCHIVE_"));
    builder.environment().put("XDG_STATE_HOME", state.toString());
    // These processes live for seconds: the second compiler would only make them start slower.
    builder.environment().put("ARCHIVE_JAVA_OPTS", "-XX:TieredStopAtLevel=1");
    Process process = builder.start();
    children.add(process);
    process.onExit().thenAccept(children::remove);
    return process;
  }

  /** Kills with -9, and waits for the end. */
  static void kill(Process process) throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** The directory of journals and receipts. */
  Path state() {
    return state.resolve("archive");
  }
}
