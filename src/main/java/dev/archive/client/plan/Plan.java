package dev.archive.client.plan;

import dev.archive.bagit.PayloadManifest;
import dev.archive.client.api.FileDigest;
import dev.archive.client.api.RunFailures;
import dev.archive.client.work.WorkPool;
import dev.archive.model.ArchiveException;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Result;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import dev.archive.source.Stamp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What one batch is to hold: its files in the order of their paths, each path once, with digests as
 * they get known. Files and entries are made as they are asked for, and lists of them hold none.
 */
public final class Plan {
  private final PackedFiles packed;
  private final long[] rows;
  private final long bytes;

  /**
   * Where the next path that is looked for may be: most are asked for in order. Any value is right,
   * whichever thread it comes from.
   */
  private int guess;

  private Plan(PackedFiles packed, long[] rows) {
    this.packed = packed;
    this.rows = rows;
    this.bytes = Arrays.stream(rows).map(packed::size).sum();
  }

  /** Takes the files of a plan in any order. */
  public static final class Builder {
    private final PackedFiles packed = new PackedFiles();
    private long[] rows = new long[1024];
    private int size;

    public void add(SourceFile file) {
      if (size == rows.length) {
        rows = Arrays.copyOf(rows, size + size / 2);
      }
      rows[size++] = packed.add(file);
    }

    /**
     * Sorts the files into a plan.
     *
     * @throws ArchiveException {@link ErrorCode#USAGE} where two files would have the same path
     */
    public Plan build() {
      long[] sorted =
          Arrays.stream(rows, 0, size)
              .boxed()
              .sorted(packed::compare)
              .mapToLong(Long::longValue)
              .toArray();
      for (int i = 1; i < size; i++) {
        if (packed.compare(sorted[i - 1], sorted[i]) == 0) {
          throw new ArchiveException(
              ErrorCode.USAGE,
              packed.file(sorted[i - 1]).file()
                  + " and "
                  + packed.file(sorted[i]).file()
                  + " would both become "
                  + packed.path(sorted[i]));
        }
      }
      return new Plan(packed, sorted);
    }
  }

  /** The plan without the files at some paths. */
  public Plan without(Set<String> paths) {
    return new Plan(
        packed,
        Arrays.stream(rows).filter(row -> !paths.contains(packed.path(row).toString())).toArray());
  }

  /** The plan with more files, whose digests are known; in place of others at the same paths. */
  public Plan with(Map<SourceFile, Sha256> more) {
    Set<String> paths =
        more.keySet().stream().map(file -> file.path().toString()).collect(Collectors.toSet());
    LongStream added =
        more.entrySet().stream()
            .mapToLong(
                each -> {
                  long row = packed.add(each.getKey());
                  packed.setDigest(row, each.getValue());
                  return row;
                });
    return new Plan(
        packed,
        LongStream.concat(Arrays.stream(without(paths).rows), added)
            .boxed()
            .sorted(packed::compare)
            .mapToLong(Long::longValue)
            .toArray());
  }

  public int size() {
    return rows.length;
  }

  /** How many files a server can tell of at the most while it may still come to hold the plan. */
  public long maxHeld() {
    return 2L * rows.length + 10_000;
  }

  /** How many bytes its files have in all. */
  public long bytes() {
    return bytes;
  }

  /** The size of one file. */
  public long bytes(int index) {
    return packed.size(rows[index]);
  }

  public SourceFile file(int index) {
    return packed.file(rows[index]);
  }

  /** The stamp of one file. */
  public Stamp stamp(int index) {
    return packed.stamp(rows[index]);
  }

  /** The path of one file. */
  public LogicalPath path(int index) {
    return packed.path(rows[index]);
  }

  /** All files in order. */
  public List<SourceFile> files() {
    return list(rows.length, this::file);
  }

  /** The files at some places. */
  List<SourceFile> files(int[] indexes) {
    return list(indexes.length, i -> file(indexes[i]));
  }

  /** All files as entries of a batch, in order. */
  public List<Entry> entries() {
    return list(
        rows.length,
        i -> new Entry(packed.path(rows[i]), packed.size(rows[i]), packed.digest(rows[i])));
  }

  private static <T> List<T> list(int size, IntFunction<T> element) {
    return new Made<>(size, element);
  }

  /** A list whose elements are made when they are asked for. */
  private static final class Made<T> extends AbstractList<T> implements RandomAccess {
    private final int size;
    private final IntFunction<T> element;

    Made(int size, IntFunction<T> element) {
      this.size = size;
      this.element = element;
    }

    @Override
    public T get(int index) {
      return element.apply(index);
    }

    @Override
    public int size() {
      return size;
    }
  }

  /** The place of a path in the plan, or a negative number where the plan does not have it. */
  public int indexOf(LogicalPath path) {
    byte[] utf8 = path.toString().getBytes(StandardCharsets.UTF_8);
    int next = guess;
    if (next < rows.length && packed.compare(rows[next], utf8) == 0) {
      guess = next + 1;
      return next;
    }
    int found = search(utf8);
    if (found >= 0) {
      guess = found + 1;
    }
    return found;
  }

  private int search(byte[] utf8) {
    int low = 0;
    int high = rows.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = packed.compare(rows[middle], utf8);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /** The digest of a file as we read it, or null as long as we have not. */
  public @Nullable Sha256 digest(int index) {
    return packed.digest(rows[index]);
  }

  /** Whether all digests are known. */
  public boolean isHashed() {
    return Arrays.stream(rows).allMatch(packed::hasDigest);
  }

  /** The files whose digests are not known. */
  public List<SourceFile> unhashed() {
    return files(IntStream.range(0, rows.length).filter(i -> !packed.hasDigest(rows[i])).toArray());
  }

  /** Notes the digest of a file, or with null that it is not known any more. */
  public void setDigest(LogicalPath path, @Nullable Sha256 sha256) {
    setDigest(indexOf(path), sha256);
  }

  public void setDigest(int index, @Nullable Sha256 sha256) {
    packed.setDigest(rows[index], sha256);
  }

  /**
   * Takes the digests of some files by reading them, when they are not read in order to be sent.
   *
   * @return the files that could not be read, or have changed; nobody was told of them yet
   * @throws ArchiveException where the run cannot go on
   */
  public List<Failure> read(List<SourceFile> some, WorkPool pool, int parallel) {
    List<Failure> failures = new ArrayList<>();
    pool.runInGroups(
        some.iterator(),
        parallel,
        SourceFile::size,
        file -> new Digest(file.path(), Result.tried(() -> FileDigest.of(file))),
        digest -> {
          ArchiveException e = digest.result.failure();
          if (e == null) {
            setDigest(digest.path, digest.result.value());
          } else if (RunFailures.endsTheRun(e.code())) {
            throw e;
          } else {
            failures.add(new Failure(digest.path.toString(), e.code(), e.getMessage()));
          }
        });
    return failures;
  }

  private record Digest(LogicalPath path, Result<Sha256> result) {}

  /** The digest of the manifest of a bag with exactly these files; all digests must be known. */
  public Sha256 manifestSha256() {
    PayloadManifest manifest = PayloadManifest.digestOnly();
    try {
      for (long row : rows) {
        Sha256 digest = packed.digest(row);
        if (digest == null) {
          throw new IllegalStateException(packed.path(row) + " has no digest yet");
        }
        manifest.add(packed.path(row), digest);
      }
    } catch (IOException e) {
      throw new IllegalStateException("nothing was written that could fail", e);
    }
    return manifest.finish();
  }
}
