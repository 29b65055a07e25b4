package dev.archive.client.send;

import dev.archive.client.api.BundleBody;
import dev.archive.client.api.IngestApi;
import dev.archive.client.api.RunFailures;
import dev.archive.client.work.Progress;
import dev.archive.client.work.Transfer;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.Result;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.BundledFile;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends small files many at a time, in bundles. What a server refuses of one, or answers otherwise
 * than was sent, is sent again by itself.
 */
final class BundleSender {
  private final IngestApi api;
  private final FileSender alone;
  private final @Nullable BundleSize size;
  private final Progress progress;

  BundleSender(IngestApi api, FileSender alone, @Nullable BundleSize size, Progress progress) {
    this.api = api;
    this.alone = alone;
    this.size = size;
    this.progress = progress;
  }

  /**
   * Sends a bundle.
   *
   * @throws ArchiveException where not these files but the run cannot go on
   */
  List<Outcome> send(BatchId batch, List<SourceFile> files) {
    long bytes = files.stream().mapToLong(SourceFile::size).sum();
    Transfer transfer = progress.sending(Count.of(files.size(), "small file"), bytes);
    BundleBody body = new BundleBody(files, alone.digests(), transfer);
    List<Result<BundledFile>> results;
    long began = System.nanoTime();
    try {
      results = api.bundle(batch, body).files();
      if (size != null) {
        size.took(files.size(), System.nanoTime() - began);
      }
    } catch (ArchiveException e) {
      if (RunFailures.endsTheRun(e.code())) {
        throw e;
      }
      transfer.close();
      return files.stream().map(file -> alone.send(batch, file)).toList();
    } finally {
      transfer.close();
    }
    List<Outcome> outcomes = new ArrayList<>();
    body.failed().forEach(each -> outcomes.add(new Outcome.Failed(each.file(), each.problem())));
    for (int i = 0; i < body.sent().size(); i++) {
      BundleBody.Sent sent = body.sent().get(i);
      if (i < results.size() && isStored(sent, results.get(i))) {
        progress.completed();
        outcomes.add(new Outcome.Sent(sent.file(), sent.sha256(), null));
      } else {
        progress.sent(-sent.file().size());
        outcomes.add(alone.send(batch, sent.file()));
      }
    }
    return outcomes;
  }

  private static boolean isStored(BundleBody.Sent sent, Result<BundledFile> result) {
    return result.failure() == null
        && sent.file().path().toString().equals(result.get().logicalPath())
        && sent.sha256().hex().equals(result.get().sha256());
  }
}
