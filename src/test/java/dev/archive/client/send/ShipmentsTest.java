package dev.archive.client.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.client.send.Shipments.Shipment;
import dev.archive.client.send.Shipments.Way;
import dev.archive.model.LogicalPath;
import dev.archive.source.SourceFile;
import dev.archive.source.Stamp;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How files are divided into what is sent at a time. */
class ShipmentsTest {
  private static final long MIB = 1 << 20;
  private static final Duration NEAR = Duration.ofMillis(1);

  private static List<SourceFile> files(int count, long size) {
    return IntStream.range(0, count).mapToObj(i -> file("/f" + i + "-" + size, size)).toList();
  }

  private static SourceFile file(String path, long size) {
    FileTime time = FileTime.fromMillis(0);
    return new SourceFile(
        Path.of(path), LogicalPath.parse(path), new Stamp(size, time, time, 1, false));
  }

  private static List<Shipment> divided(List<SourceFile> files, BundleSize size, boolean lots) {
    List<Shipment> shipments = new ArrayList<>();
    new Shipments(files.iterator(), size, lots).forEachRemaining(shipments::add);
    return shipments;
  }

  @Test
  void everyFileIsInOneShipmentWhateverTheirOrder() {
    List<SourceFile> files = new ArrayList<>(files(700, 100));
    files.addAll(files(30, 2 * MIB));
    files.addAll(files(5, 20 * MIB));
    files.addAll(files(40, MIB));
    Collections.shuffle(files, new java.util.Random(1));
    for (boolean lots : new boolean[] {true, false}) {
      List<Shipment> shipments = divided(files, new BundleSize(NEAR), lots);
      List<SourceFile> sent = shipments.stream().flatMap(each -> each.files().stream()).toList();
      assertEquals(files.size(), sent.size());
      assertEquals(new HashSet<>(files), new HashSet<>(sent));
      for (Shipment each : shipments) {
        long bytes = each.files().stream().mapToLong(SourceFile::size).sum();
        assertTrue(each.way() == Way.ALONE || bytes < 14 * MIB, each.way() + " " + bytes);
        assertTrue(each.way() != Way.ALONE || each.files().size() == 1);
        assertTrue(lots || each.way() != Way.LOT);
      }
    }
  }

  @Test
  void forAServerWithoutBundlesEachFileGoesAlone() {
    List<Shipment> shipments = divided(files(10, 100), null, false);
    assertEquals(10, shipments.size());
    assertTrue(shipments.stream().allMatch(each -> each.way() == Way.ALONE));
    assertFalse(new Shipments(Collections.emptyIterator(), null, false).hasNext());
  }

  @Test
  void bundlesGrowWhereTheyAreQuickAndShrinkWhereTheyAreSlow() {
    BundleSize size = new BundleSize(NEAR);
    int first = size.files();
    size.took(first, Duration.ofMillis(10).toNanos());
    assertEquals(2 * first, size.files());
    for (int i = 0; i < 20; i++) {
      size.took(size.files(), 1);
    }
    assertEquals(1000, size.files());
    for (int i = 0; i < 20; i++) {
      size.took(size.files(), Duration.ofMinutes(1).toNanos());
    }
    assertEquals(16, size.files());
  }

  @Test
  void theFartherTheServerTheLargerTheFirstBundle() {
    assertTrue(new BundleSize(Duration.ofMillis(50)).files() > new BundleSize(NEAR).files());
    assertTrue(new BundleSize(Duration.ofSeconds(5)).files() <= 1000);
  }
}
