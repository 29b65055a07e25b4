package dev.archive.client.work;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupsTest {
  private static final long MIB = 1 << 20;

  private static List<List<Long>> groups(List<Long> sizes) {
    List<List<Long>> groups = new ArrayList<>();
    new Groups<>(sizes.iterator(), size -> size).forEachRemaining(groups::add);
    return groups;
  }

  @Test
  void nothingMakesNoGroup() {
    assertEquals(List.of(), groups(List.of()));
  }

  @Test
  void smallFilesShareAGroup() {
    List<List<Long>> groups = groups(Collections.nCopies(130, 0L));
    assertEquals(List.of(64, 64, 2), groups.stream().map(List::size).toList());
  }

  @Test
  void aLargeFileEndsItsGroup() {
    assertEquals(
        List.of(List.of(1L, MIB), List.of(5 * MIB), List.of(2L, 3L)),
        groups(List.of(1L, MIB, 5 * MIB, 2L, 3L)));
  }

  @Test
  void aSizeThatAServerMadeUpEndsNoLoop() {
    List<List<Long>> groups = groups(Collections.nCopies(100, Long.MIN_VALUE));
    assertEquals(List.of(64, 36), groups.stream().map(List::size).toList());
  }
}
