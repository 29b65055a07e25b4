package dev.archive.client.fetch;

import dev.archive.bagit.BagReader;
import dev.archive.bagit.PayloadManifest;
import dev.archive.bagit.TagFiles;
import dev.archive.client.api.IngestApi;
import dev.archive.durable.TargetDirectory;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Fetches the tag files of a bag, the tag manifest last: a directory with it is a whole bag. The
 * payload manifest is written from the list that was proved, and so has the digest that finalize
 * recorded; all others are proved by the tag manifest.
 */
final class BagTags {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,100}\\.(txt|jsonl)");

  private final IngestApi api;
  private final TargetDirectory target;
  private final StoredBatch batch;
  private final boolean overwrite;
  private final String run;
  private int count;

  BagTags(IngestApi api, TargetDirectory target, StoredBatch batch, boolean overwrite, String run) {
    this.api = api;
    this.target = target;
    this.batch = batch;
    this.overwrite = overwrite;
    this.run = run;
  }

  /**
   * Fetches all of them.
   *
   * @throws ArchiveException {@link ErrorCode#FIXITY_MISMATCH} where one is not what the tag
   *     manifest says; {@link ErrorCode#INCOMPLETE} where another file has the name of one
   */
  void fetch() throws IOException {
    byte[] tagManifest = api.tag(batch.id(), TagFiles.TAG_MANIFEST);
    Map<String, String> digests =
        BagReader.tagDigests(new String(tagManifest, StandardCharsets.UTF_8));
    if (!batch.manifest().hex().equals(digests.get(PayloadManifest.NAME))) {
      throw altered(TagFiles.TAG_MANIFEST);
    }
    for (Map.Entry<String, String> each : digests.entrySet()) {
      String name = each.getKey();
      if (name.equals(PayloadManifest.NAME)) {
        put(name, batch.manifest(), this::writeManifest);
        continue;
      }
      if (!NAME.matcher(name).matches()) {
        throw altered(TagFiles.TAG_MANIFEST);
      }
      byte[] content = api.tag(batch.id(), name);
      if (!Sha256.of(content).hex().equals(each.getValue())) {
        throw altered(name);
      }
      put(name, Sha256.of(content), out -> out.write(content));
    }
    put(TagFiles.TAG_MANIFEST, Sha256.of(tagManifest), out -> out.write(tagManifest));
  }

  private void writeManifest(OutputStream out) throws IOException {
    PayloadManifest manifest = new PayloadManifest(out);
    for (StoredFile file : batch.files()) {
      manifest.add(file.path(), file.sha256());
    }
  }

  private interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private void put(String name, Sha256 digest, Content content) throws IOException {
    Path place = Path.of(name);
    Path temp = Path.of("tag-" + run + "-" + ++count + ".part");
    try (FileChannel channel = target.create(temp)) {
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
      content.writeTo(out);
      out.flush();
      channel.force(true);
      if (!isThere(place, channel.size(), digest)) {
        target.place(temp, place, overwrite);
      }
    } catch (TargetDirectory.OccupiedException e) {
      throw new ArchiveException(
          ErrorCode.INCOMPLETE,
          Text.quote(name) + " is there already and differs; it was not touched",
          e);
    } finally {
      target.drop(temp);
    }
  }

  private boolean isThere(Path place, long size, Sha256 digest) throws IOException {
    try (FileChannel there = target.openExisting(place, size)) {
      return there != null && Fetch.digest(there).equals(digest);
    } catch (TargetDirectory.OccupiedException e) {
      return false;
    }
  }

  private static ArchiveException altered(String name) {
    return new ArchiveException(
        ErrorCode.FIXITY_MISMATCH,
        name + " of the bag is not what was finalized; the payload was fetched and is right");
  }
}
