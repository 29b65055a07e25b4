package dev.archive.client.work;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.ToLongFunction;

/** Items in groups, in their order: a group ends when it is many or weighs enough. */
final class Groups<T> implements Iterator<List<T>> {
  private static final int MAX_ITEMS = 64;
  private static final long MAX_BYTES = 1 << 20;

  private final Iterator<T> items;
  private final ToLongFunction<T> size;

  Groups(Iterator<T> items, ToLongFunction<T> size) {
    this.items = items;
    this.size = size;
  }

  @Override
  public boolean hasNext() {
    return items.hasNext();
  }

  @Override
  public List<T> next() {
    if (!items.hasNext()) {
      throw new NoSuchElementException();
    }
    List<T> group = new ArrayList<>();
    long bytes = 0;
    while (items.hasNext() && group.size() < MAX_ITEMS && bytes < MAX_BYTES) {
      T item = items.next();
      group.add(item);
      bytes += size.applyAsLong(item);
    }
    return group;
  }
}
