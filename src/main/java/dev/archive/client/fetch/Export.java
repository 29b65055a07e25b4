package dev.archive.client.fetch;

import dev.archive.client.api.IngestApi;
import dev.archive.client.plan.StoredAttributes;
import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.Attributes.Kind;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.wire.TarFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * Writes stored files to a stream. What is written cannot be taken back: the last bytes of a file
 * follow once all of it is proved, so that one that is not right never looks whole.
 */
public final class Export {
  /** Of small files a whole one is held, of others so many bytes are held back. */
  private static final int HELD = 1 << 16;

  private final FetchSession session;
  private final BatchId id;
  private StoredAttributes recorded = StoredAttributes.NONE;

  public Export(FetchSession session, BatchId id) {
    this.session = session;
    this.id = id;
  }

  /**
   * Writes one file.
   *
   * @throws ArchiveException {@link ErrorCode#FILE_NOT_FOUND}; {@link ErrorCode#FIXITY_MISMATCH}
   */
  public void file(String path, OutputStream out) throws IOException {
    IngestApi api = session.api();
    StoredBatch batch = StoredBatch.of(api, id);
    write(api, batch.file(path), out);
  }

  /**
   * Writes files as a tar stream, in the order of their paths.
   *
   * @param paths files and directories; none for all
   * @param attributes whether entries have what was recorded of them, and directories and links are
   *     entries
   * @return how many files
   */
  public long tar(List<String> paths, boolean attributes, OutputStream out) throws IOException {
    IngestApi api = session.api();
    StoredBatch batch = StoredBatch.of(api, id);
    recorded =
        attributes
            ? StoredAttributes.of(api, id, batch.head(), StoredBatch.CONTENT_ALONE)
            : StoredAttributes.NONE;
    Set<LogicalPath> wanted = batch.select(paths, recorded::has);
    if (recorded.haveXattrs()) {
      session
          .progress()
          .note("the batch has extended attributes, and the tar stream does not carry them");
    }
    Instant date = date(batch);
    others(paths, Kind.DIRECTORY, out);
    for (Unit unit : Unit.of(batch, wanted, true)) {
      if (unit.isOne()) {
        header(unit.files().get(0), date, out);
        write(api, unit.files().get(0), out);
        out.write(TarFiles.padding(unit.files().get(0).size()));
      } else {
        small(api, unit, date, out);
      }
    }
    others(paths, Kind.SYMLINK, out);
    out.write(TarFiles.end());
    out.flush();
    return wanted.size();
  }

  private static Instant date(StoredBatch batch) {
    try {
      return Instant.parse(batch.head().finalizedAt());
    } catch (DateTimeException | NullPointerException e) {
      return Instant.EPOCH;
    }
  }

  private void others(List<String> paths, Kind kind, OutputStream out) throws IOException {
    for (Attributes each : recorded.all()) {
      if (each.kind() == kind
          && !each.path().equals("/")
          && StoredBatch.isSelected(each.path(), paths)) {
        out.write(TarFiles.header(each, 0));
      }
    }
  }

  private void header(StoredFile file, Instant date, OutputStream out) throws IOException {
    Attributes attributes = recorded.of(file.path());
    out.write(
        attributes == null
            ? TarFiles.header(file.path(), file.size(), date)
            : TarFiles.header(attributes, file.size()));
  }

  private void small(IngestApi api, Unit unit, Instant date, OutputStream out) throws IOException {
    int[] next = new int[1];
    try {
      api.tar(
          id,
          new IngestApi.TarRange(unit.after(), Unit.MAX_SMALL, unit.files().size()),
          (path, content) -> {
            StoredFile file = unit.files().get(next[0]++);
            if (!path.equals(file.path())
                || content.length != file.size()
                || !Sha256.of(content).equals(file.sha256())) {
              throw altered(file, FileStream.altered());
            }
            try {
              header(file, date, out);
              out.write(content);
              out.write(TarFiles.padding(file.size()));
            } catch (IOException e) {
              throw new ArchiveException(ErrorCode.OUTPUT_FAILED, e.getMessage(), e);
            }
          });
    } catch (ArchiveException e) {
      throw next[0] < unit.files().size() ? altered(unit.files().get(next[0]), e) : e;
    }
    if (next[0] < unit.files().size()) {
      throw new ArchiveException(ErrorCode.BAD_ANSWER, "the server's tar stream ends too early");
    }
  }

  private void write(IngestApi api, StoredFile file, OutputStream out) throws IOException {
    HeldBack last = new HeldBack(out, HELD);
    MessageDigest digest = Sha256.newDigest();
    try {
      new FileStream(api, id).read(file, 0, digest, last::accept);
    } catch (ArchiveException e) {
      throw altered(file, e);
    }
    last.release();
  }

  /** The same failure, naming the file where it is of a file. */
  private static ArchiveException altered(StoredFile file, ArchiveException e) {
    return e.code() == ErrorCode.FIXITY_MISMATCH || e.code() == ErrorCode.BYTES_MISSING
        ? new ArchiveException(
            e.code(),
            file.path() + ": " + e.getMessage() + "; the output ends before the end of this file",
            e)
        : e;
  }

  /** Writes bytes, all but the last few. */
  private static final class HeldBack {
    private final OutputStream out;
    private final byte[] held;
    private int length;

    HeldBack(OutputStream out, int size) {
      this.out = out;
      this.held = new byte[size];
    }

    void accept(byte[] bytes, int count) {
      try {
        if (length + count > held.length) {
          out.write(held, 0, length);
          length = 0;
        }
        System.arraycopy(bytes, 0, held, length, count);
        length += count;
      } catch (IOException e) {
        throw new ArchiveException(ErrorCode.OUTPUT_FAILED, e.getMessage(), e);
      }
    }

    void release() throws IOException {
      out.write(held, 0, length);
      length = 0;
      out.flush();
    }
  }
}
