package dev.archive.client.run;

import dev.archive.client.api.IngestApi;
import dev.archive.client.plan.Plan;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.source.AttributeReader;
import dev.archive.wire.AttributeLines;
import dev.archive.wire.Messages.Expected;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Sends the attributes of a batch's names, right before it is finalized. Finalize takes their
 * digest, so that a page that is missing, or one of an interrupted run, is refused there.
 */
final class AttributeSender {
  private final IngestApi api;
  private final boolean wanted;
  private final List<Attributes> beside;
  private final List<String> unrecorded;
  private final boolean xattrs;
  private final Progress progress;

  /**
   * A sender.
   *
   * @param wanted whether the server keeps attributes
   * @param beside those of directories and symlinks
   * @param xattrs whether extended attributes are recorded
   * @param unrecorded directories whose attributes cannot be recorded, with the reason
   */
  AttributeSender(
      IngestApi api,
      boolean wanted,
      List<Attributes> beside,
      boolean xattrs,
      List<String> unrecorded,
      Progress progress) {
    this.api = api;
    this.wanted = wanted;
    this.beside = beside;
    this.xattrs = xattrs;
    this.unrecorded = unrecorded;
    this.progress = progress;
  }

  /** What finalize is to find, with the attributes sent and durable where the server keeps them. */
  Expected expected(BatchId batch, Plan plan) {
    Sha256 attributes = wanted ? send(batch, plan) : null;
    return new Expected(
        (long) plan.size(),
        plan.bytes(),
        plan.manifestSha256().hex(),
        attributes == null ? null : attributes.hex());
  }

  /** Null where the batch is finalized already, by a run whose answer was lost. */
  private Sha256 send(BatchId batch, Plan plan) {
    Pages pages = new Pages(batch);
    List<String> left = new ArrayList<>(unrecorded);
    try {
      lines(beside, xattrs, plan, pages::add, left);
      Sha256 digest = pages.end();
      if (!left.isEmpty()) {
        progress.note(
            (xattrs ? "attributes or extended attributes of " : "the attributes of ")
                + Count.of(left.size(), "name")
                + " could not be recorded; the first is "
                + left.get(0));
      }
      return digest;
    } catch (ArchiveException e) {
      if (e.code() == ErrorCode.NOT_UPLOADING) {
        return null;
      }
      throw e;
    }
  }

  /** The digest that the attributes would have if they were sent now. */
  static Sha256 digest(List<Attributes> beside, boolean xattrs, Plan plan) {
    MessageDigest digest = Sha256.newDigest();
    lines(beside, xattrs, plan, digest::update, new ArrayList<>());
    return Sha256.of(digest);
  }

  private static void lines(
      List<Attributes> beside,
      boolean xattrs,
      Plan plan,
      Consumer<byte[]> lines,
      List<String> left) {
    AttributeLines.Writer writer = new AttributeLines.Writer();
    for (Attributes each : beside) {
      // An interrupted run may have sent a file of this name.
      if (each.path().equals("/") || plan.indexOf(LogicalPath.parse(each.path())) < 0) {
        lines.accept(writer.line(each));
      }
    }
    AttributeReader reader =
        new AttributeReader(
            xattrs, (file, why) -> left.add(Text.printable(file.toString()) + ": " + why));
    for (int i = 0; i < plan.size(); i++) {
      Attributes file = reader.of(plan.file(i));
      if (file != null) {
        lines.accept(writer.line(file));
      }
    }
  }

  private final class Pages {
    private final BatchId batch;
    private final ByteArrayOutputStream page = new ByteArrayOutputStream();
    private final MessageDigest digest = Sha256.newDigest();
    private int number;

    Pages(BatchId batch) {
      this.batch = batch;
    }

    void add(byte[] line) {
      if (page.size() + line.length > AttributeLines.MAX_PAGE_BYTES) {
        send(false);
      }
      page.writeBytes(line);
    }

    private void send(boolean last) {
      byte[] lines = page.toByteArray();
      api.attributes(batch, number++, last, lines);
      digest.update(lines);
      page.reset();
    }

    Sha256 end() {
      send(true);
      return Sha256.of(digest);
    }
  }
}
