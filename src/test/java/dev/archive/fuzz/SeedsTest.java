package dev.archive.fuzz;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The seeds of each target of the fuzzer, and what it once found, are read again, each also with a
 * few of its bytes changed. {@code scripts/fuzz.sh} looks for more.
 */
class SeedsTest {
  private static final Path SEEDS = Path.of("src/test/resources/fuzz");
  private static final int CHANGED = 200;

  @ParameterizedTest
  @EnumSource(Target.class)
  void areReadOrRefused(Target target) throws IOException {
    List<Path> seeds;
    try (Stream<Path> files = Files.list(SEEDS.resolve(target.name().toLowerCase(Locale.ROOT)))) {
      seeds = files.sorted().toList();
    }
    assertFalse(seeds.isEmpty());
    SplittableRandom random = new SplittableRandom(1);
    for (Path each : seeds) {
      byte[] seed = Files.readAllBytes(each);
      target.accept(seed);
      for (int i = 0; seed.length > 0 && i < CHANGED; i++) {
        byte[] changed = seed.clone();
        for (int j = random.nextInt(1, 4); j > 0; j--) {
          changed[random.nextInt(seed.length)] = (byte) random.nextInt(256);
        }
        target.accept(changed);
      }
    }
  }
}
