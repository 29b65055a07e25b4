package dev.archive.client.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.archive.wire.Messages.Service;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two archives are the same only by an id that can be one. */
class ServerTraitsTest {
  private static String idOf(String answered) {
    return ServerTraits.of(new Service("ingest", "1", "healthy", List.of(), answered)).archiveId();
  }

  @Test
  void anArchiveIdIsAUlid() {
    assertEquals("01BX5ZZKBKACTAV9WEVGEMMVRZ", idOf("01BX5ZZKBKACTAV9WEVGEMMVRZ"));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "0",
        "01BX5ZZKBKACTAV9WEVGEMMVR",
        "01BX5ZZKBKACTAV9WEVGEMMVRZ\n",
        "01bx5zzkbkactav9wevgemmvrz",
        "\u001b[2J"
      })
  void whatIsNoneCountsAsUnknown(String answered) {
    assertNull(idOf(answered));
  }
}
