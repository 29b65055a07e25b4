package dev.archive.matrix;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A row of the fault matrix, run with the seeds 1 to {@code -Darchive.seeds=N}, usually 1 alone.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "seed={0}")
@MethodSource("dev.archive.matrix.EverySeed$Seeds#all")
@interface EverySeed {
  /** The seeds. */
  final class Seeds {
    private Seeds() {}

    static LongStream all() {
      return LongStream.rangeClosed(1, Long.getLong("archive.seeds", 1));
    }
  }
}
