package dev.archive.server.audit;

import dev.archive.bagit.PayloadManifest;
import dev.archive.bagit.TagFiles;
import dev.archive.ledger.BatchLedger;
import dev.archive.ledger.BatchLedger.Order;
import dev.archive.ledger.BatchState;
import dev.archive.model.Defect;
import dev.archive.model.Sha256;
import dev.archive.server.bag.BagInfo;
import dev.archive.storage.StoreReader;
import dev.archive.storage.StoreReader.Bytes;
import dev.archive.storage.StoreReader.Held;
import dev.archive.wire.Messages.AuditFinding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks what makes a finalized batch a bag: its tag files, and that the ledger's own list of files
 * is the one that was finalized. As the manifest then is that list, its lines need not be read.
 */
final class BagAudit {
  /** Names the list of files in the ledger, which lies in no bag. */
  private static final String LEDGER = "ledger";

  private final BatchLedger ledger;
  private final StoreReader store;
  private final BatchState batch;

  /** The list of files that it goes without, or null. */
  private final String skipped;

  /** The digest of its attributes, or null. */
  private final Sha256 attributes;

  private final Beat beat;
  private final List<AuditFinding> findings = new ArrayList<>();

  /** Is told now and then that it goes on. */
  interface Beat {
    void now() throws IOException;
  }

  BagAudit(BatchLedger ledger, StoreReader store, BatchState batch, Beat beat) {
    this.ledger = ledger;
    this.store = store;
    this.batch = batch;
    this.skipped = ledger.skipped(batch.id());
    this.attributes = ledger.attributes(batch.id());
    this.beat = beat;
  }

  List<AuditFinding> findings() throws IOException {
    Sha256 listed = listed();
    if (!listed.equals(batch.manifestSha256())) {
      findings.add(
          new AuditFinding(
              LEDGER,
              Defect.ALTERED.toString(),
              null,
              null,
              listed.hex(),
              batch.manifestSha256().hex(),
              "its list of the batch's files is not the one that was finalized"));
    }
    expect(PayloadManifest.NAME, batch.manifestSha256());
    expect(TagFiles.BAGIT, Sha256.of(TagFiles.declaration()));
    if (skipped != null) {
      expect(TagFiles.SKIPPED, Sha256.of(skipped.getBytes(StandardCharsets.UTF_8)));
    }
    if (attributes != null) {
      expect(TagFiles.ATTRIBUTES, attributes);
    }
    describingTags();
    return findings;
  }

  private Sha256 listed() throws IOException {
    PayloadManifest manifest = PayloadManifest.digestOnly();
    ledger.snapshot(
        batch.id(),
        Order.PATH,
        0,
        0,
        unused -> {},
        file -> {
          beat.now();
          if (file.completed()) {
            manifest.add(file.registration().path(), file.sha256());
          }
        });
    return manifest.finish();
  }

  /**
   * The ledger keeps no digest of {@code bag-info.txt}, and the tag manifest none of itself. Where
   * they agree with each other both are right; where not, the ledger tells which is not: it knows
   * all that {@code bag-info.txt} says, but for the day, which is that of finalize or the one
   * before.
   */
  private void describingTags() {
    Held info = store.readTag(batch.id(), TagFiles.BAG_INFO);
    Held tags = store.readTag(batch.id(), TagFiles.TAG_MANIFEST);
    if (info instanceof Bytes bytes && digest(tags).equals(tagManifest(bytes.sha256()))) {
      return;
    }
    LocalDate day = batch.finalizedAt().atZone(ZoneOffset.UTC).toLocalDate();
    List<Sha256> right =
        List.of(Sha256.of(BagInfo.of(batch, day)), Sha256.of(BagInfo.of(batch, day.minusDays(1))));
    compare(TagFiles.BAG_INFO, info, right);
    compare(TagFiles.TAG_MANIFEST, tags, right.stream().map(this::tagManifest).toList());
  }

  private Sha256 tagManifest(Sha256 bagInfo) {
    Map<String, Sha256> tags = new HashMap<>();
    tags.put(PayloadManifest.NAME, batch.manifestSha256());
    tags.put(TagFiles.BAGIT, Sha256.of(TagFiles.declaration()));
    tags.put(TagFiles.BAG_INFO, bagInfo);
    if (skipped != null) {
      tags.put(TagFiles.SKIPPED, Sha256.of(skipped.getBytes(StandardCharsets.UTF_8)));
    }
    if (attributes != null) {
      tags.put(TagFiles.ATTRIBUTES, attributes);
    }
    return Sha256.of(TagFiles.tagManifest(tags));
  }

  private void expect(String name, Sha256 digest) {
    compare(name, store.readTag(batch.id(), name), List.of(digest));
  }

  private void compare(String name, Held held, List<Sha256> right) {
    if (!right.contains(digest(held))) {
      findings.add(Findings.of(name, held, null, right.get(0)));
    }
  }

  /** Of what is no file: that of nothing, which no tag file has. */
  private static Sha256 digest(Held held) {
    return held instanceof Bytes bytes ? bytes.sha256() : Sha256.of(new byte[0]);
  }
}
