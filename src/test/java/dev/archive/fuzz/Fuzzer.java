package dev.archive.fuzz;

/** Where Jazzer comes in; {@code -Darchive.fuzz=NAME} names the target. */
public final class Fuzzer {
  private static final Target TARGET = Target.valueOf(System.getProperty("archive.fuzz"));

  private Fuzzer() {}

  /** Reads one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    TARGET.accept(input);
  }
}
