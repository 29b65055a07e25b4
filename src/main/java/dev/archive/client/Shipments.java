package dev.archive.client;

import dev.archive.source.SourceFile;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Divides files into what is sent at a time: a bundle of small ones, or a large one by itself. Made
 * as they are asked for, so that each bundle is as large as is right by then.
 */
final class Shipments implements Iterator<List<SourceFile>> {
  private final Iterator<SourceFile> files;
  private final BundleSize size;
  private List<SourceFile> bundle = new ArrayList<>();
  private long bytes;

  /** Without a size each file goes by itself. */
  Shipments(Iterator<SourceFile> files, BundleSize size) {
    this.files = files;
    this.size = size;
  }

  @Override
  public boolean hasNext() {
    return files.hasNext() || !bundle.isEmpty();
  }

  @Override
  public List<SourceFile> next() {
    while (files.hasNext()) {
      SourceFile file = files.next();
      if (size == null || file.size() > BundleSize.LARGEST_FILE) {
        return List.of(file);
      }
      bundle.add(file);
      bytes += file.size();
      if (bundle.size() >= size.files() || bytes >= BundleSize.MOST_BYTES) {
        return take();
      }
    }
    if (bundle.isEmpty()) {
      throw new NoSuchElementException();
    }
    return take();
  }

  private List<SourceFile> take() {
    List<SourceFile> full = bundle;
    bundle = new ArrayList<>();
    bytes = 0;
    return full;
  }
}
