package dev.archive.client;

import dev.archive.bagit.PayloadManifest;
import dev.archive.model.ArchiveException;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * What one batch is to hold: its files in the order of their paths, each path once, with digests as
 * they get known.
 */
final class Plan {
  private final SourceFile[] files;
  private final Sha256[] digests;
  private final long bytes;

  private Plan(SourceFile[] files) {
    this.files = files;
    this.digests = new Sha256[files.length];
    this.bytes = Arrays.stream(files).mapToLong(SourceFile::size).sum();
  }

  /**
   * Sorts the files into a plan.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where two files would have the same path
   */
  static Plan of(List<SourceFile> found) {
    SourceFile[] files = found.toArray(SourceFile[]::new);
    Arrays.sort(files, Comparator.comparing(SourceFile::path));
    for (int i = 1; i < files.length; i++) {
      if (files[i].path().equals(files[i - 1].path())) {
        throw new ArchiveException(
            ErrorCode.USAGE,
            files[i - 1].file()
                + " and "
                + files[i].file()
                + " would both become "
                + files[i].path());
      }
    }
    return new Plan(files);
  }

  /** The plan without the files at some paths. */
  Plan without(Set<String> paths) {
    List<SourceFile> rest = new ArrayList<>(files());
    rest.removeIf(file -> paths.contains(file.path().toString()));
    Plan plan = new Plan(rest.toArray(SourceFile[]::new));
    for (int i = 0; i < plan.size(); i++) {
      plan.digests[i] = digests[indexOf(plan.files[i].path())];
    }
    return plan;
  }

  int size() {
    return files.length;
  }

  long bytes() {
    return bytes;
  }

  SourceFile file(int index) {
    return files[index];
  }

  /** All files in order. */
  List<SourceFile> files() {
    return Arrays.asList(files);
  }

  /** The place of a path in the plan, or a negative number where the plan does not have it. */
  int indexOf(LogicalPath path) {
    int low = 0;
    int high = files.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = files[middle].path().compareTo(path);
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
  Sha256 digest(int index) {
    return digests[index];
  }

  void setDigest(LogicalPath path, Sha256 sha256) {
    digests[indexOf(path)] = sha256;
  }

  /**
   * Takes the digests of some files by reading them, when they are not read in order to be sent.
   */
  void read(List<SourceFile> some, WorkPool pool, int parallel) {
    pool.run(
        some.iterator(),
        parallel,
        file -> new Entry(file.path(), file.size(), FileDigest.of(file)),
        entry -> setDigest(entry.path(), entry.sha256()));
  }

  /** The digest of the manifest of a bag with exactly these files; all digests must be known. */
  Sha256 manifestSha256() {
    PayloadManifest manifest = PayloadManifest.digestOnly();
    try {
      for (int i = 0; i < files.length; i++) {
        manifest.add(files[i].path(), digests[i]);
      }
    } catch (IOException e) {
      throw new IllegalStateException("nothing was written that could fail", e);
    }
    return manifest.finish();
  }
}
