package dev.archive.client.send;

import dev.archive.source.SourceFile;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Divides files into what one worker sends at a time: small ones as a bundle, middling ones as a
 * lot, a large one by itself. Made as they are asked for, so that each bundle is as large as is
 * right by then.
 */
final class Shipments implements Iterator<Shipments.Shipment> {
  /** The largest file that goes into a bundle, in bytes; larger ones are worth their own call. */
  private static final long MAX_BUNDLED_BYTES = 1 << 20;

  /** The largest file of a lot, in bytes: those that go in one piece everywhere. */
  private static final long MAX_LOT_FILE_BYTES = (5 << 20) - 1;

  /** The most bytes of files in one shipment of many. */
  private static final long MAX_BYTES = 8 << 20;

  private final Iterator<SourceFile> files;
  private final @Nullable BundleSize bundles;
  private final boolean lots;
  private Pile small = new Pile();
  private Pile middling = new Pile();

  /** How the files of a shipment go. */
  enum Way {
    /** All in one stream. */
    BUNDLE,
    /** Each in a call of its own, registered and completed together. */
    LOT,
    /** One file by itself. */
    ALONE
  }

  /** What is sent at a time. */
  record Shipment(Way way, List<SourceFile> files) {}

  /** Files that wait for others. */
  private static final class Pile {
    private final List<SourceFile> files = new ArrayList<>();
    private long bytes;

    void add(SourceFile file) {
      files.add(file);
      bytes += file.size();
    }
  }

  /**
   * Divides files.
   *
   * @param bundles how large bundles are; null where the server does not take any
   * @param lots whether files are registered and completed many in one call
   */
  Shipments(Iterator<SourceFile> files, @Nullable BundleSize bundles, boolean lots) {
    this.files = files;
    this.bundles = bundles;
    this.lots = lots;
  }

  @Override
  public boolean hasNext() {
    return files.hasNext() || !small.files.isEmpty() || !middling.files.isEmpty();
  }

  @Override
  public Shipment next() {
    while (files.hasNext()) {
      SourceFile file = files.next();
      if (bundles != null && file.size() <= MAX_BUNDLED_BYTES) {
        small.add(file);
        if (small.files.size() >= bundles.files() || small.bytes >= MAX_BYTES) {
          return bundle();
        }
      } else if (lots && file.size() <= MAX_LOT_FILE_BYTES) {
        middling.add(file);
        if (middling.bytes >= MAX_BYTES) {
          return lot();
        }
      } else {
        return new Shipment(Way.ALONE, List.of(file));
      }
    }
    if (!small.files.isEmpty()) {
      return bundle();
    }
    if (!middling.files.isEmpty()) {
      return lot();
    }
    throw new NoSuchElementException();
  }

  private Shipment bundle() {
    Shipment full = new Shipment(Way.BUNDLE, small.files);
    small = new Pile();
    return full;
  }

  private Shipment lot() {
    Shipment full = new Shipment(Way.LOT, middling.files);
    middling = new Pile();
    return full;
  }
}
