package dev.archive.client.api;

import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import dev.archive.wire.Bundle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;

/**
 * Small files as one bundle, each read once, hashed and written. A file that is not what the plan
 * saw is left out, and the bundle goes on without it: a tar names the size before the bytes, so
 * each is read whole before anything of it is written.
 */
public final class BundleBody extends RequestBody {
  private static final MediaType TAR = MediaType.get(Bundle.CONTENT_TYPE);

  private final List<SourceFile> files;
  private final BiConsumer<SourceFile, Sha256> digests;
  private final LongConsumer progress;
  private final List<Sent> sent = new ArrayList<>();
  private final List<Unread> failed = new ArrayList<>();
  private long counted;

  /** A file that went out, with the digest of what was read. */
  public record Sent(SourceFile file, Sha256 sha256) {}

  /** A file that could not be read as the plan saw it, and did not go out. */
  public record Unread(SourceFile file, ArchiveException problem) {}

  /**
   * A bundle.
   *
   * @param digests is told the digest of each file before its bytes go out
   */
  public BundleBody(
      List<SourceFile> files, BiConsumer<SourceFile, Sha256> digests, LongConsumer progress) {
    this.files = files;
    this.digests = digests;
    this.progress = progress;
  }

  /** How many files it has at the most. */
  int size() {
    return files.size();
  }

  /** The files that went out last, in order. */
  public List<Sent> sent() {
    return sent;
  }

  /** The files that could not be sent. */
  public List<Unread> failed() {
    return failed;
  }

  @Override
  public MediaType contentType() {
    return TAR;
  }

  @Override
  public boolean isOneShot() {
    return true;
  }

  @Override
  public void writeTo(BufferedSink sink) throws IOException {
    progress.accept(-counted);
    counted = 0;
    sent.clear();
    failed.clear();
    byte[] content = new byte[(int) files.stream().mapToLong(SourceFile::size).max().orElse(0)];
    try (Bundle.Writer tar = new Bundle.Writer(sink.outputStream())) {
      for (SourceFile file : files) {
        try {
          read(file, content);
        } catch (ArchiveException e) {
          if (RunFailures.endsTheRun(e.code())) {
            throw new FileBody.SourceFailure(e);
          }
          failed.add(new Unread(file, e));
          continue;
        }
        int length = (int) file.size();
        Sha256 sha256 = Sha256.of(content, length);
        tell(file, sha256);
        tar.add(file.path(), FileBody.mediaType(file), sha256, content, length);
        sent.add(new Sent(file, sha256));
        progress.accept(length);
        counted += length;
      }
    }
  }

  private void tell(SourceFile file, Sha256 sha256) throws FileBody.SourceFailure {
    try {
      digests.accept(file, sha256);
    } catch (ArchiveException e) {
      throw new FileBody.SourceFailure(e);
    }
  }

  private static void read(SourceFile file, byte[] content) {
    try (FileChannel channel = file.open()) {
      ByteBuffer buffer = ByteBuffer.wrap(content, 0, (int) file.size());
      while (buffer.hasRemaining()) {
        if (channel.read(buffer) < 0) {
          throw file.changed("shrank to " + Count.of(buffer.position(), "byte"));
        }
      }
      file.requireEnd(channel);
    } catch (IOException e) {
      throw file.unreadable(e);
    }
    file.requireUnchanged();
  }
}
