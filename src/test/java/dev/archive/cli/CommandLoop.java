package dev.archive.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;

/**
 * Runs one command after the other in a process of its own: arguments parted by tabs come in, the
 * exit code (or {@code threw}), the milliseconds and what was printed go out.
 */
final class CommandLoop {
  private CommandLoop() {}

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      long began = System.nanoTime();
      String exit;
      String out = "";
      String err = "";
      try {
        CommandRun run = CommandRun.of(System.getenv(), line.split("\t"));
        exit = Integer.toString(run.exit());
        out = run.out();
        err = run.err();
      } catch (Throwable e) {
        exit = "threw";
        err = e.toString();
      }
      long millis = (System.nanoTime() - began) / 1_000_000;
      System.out.println(exit + "\t" + millis + "\t" + encoded(out) + "\t" + encoded(err));
      System.out.flush();
    }
  }

  private static String encoded(String text) {
    String end = text.length() > 20_000 ? text.substring(0, 20_000) : text;
    return "-" + Base64.getEncoder().encodeToString(end.getBytes(UTF_8));
  }
}
