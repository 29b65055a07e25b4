package dev.archive.client.send;

import dev.archive.client.api.FileBody;
import dev.archive.client.api.IngestApi;
import dev.archive.client.api.RunFailures;
import dev.archive.client.work.Progress;
import dev.archive.client.work.Transfer;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Result;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.CompleteAnswer;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.StartAnswer;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends middling files in lots: registered in one call, sent one after the other, completed in one
 * call, so that a long link is crossed once a file and not three times. What does not come through
 * this way is sent by itself.
 */
final class LotSender {
  private final IngestApi api;
  private final FileSender alone;
  private final Progress progress;

  LotSender(IngestApi api, FileSender alone, Progress progress) {
    this.api = api;
    this.alone = alone;
    this.progress = progress;
  }

  /** A file whose bytes were taken. */
  private record Arrived(SourceFile file, Sha256 sha256, CompleteRequest completion) {}

  /**
   * Sends a lot.
   *
   * @throws ArchiveException where not these files but the run cannot go on
   */
  List<Outcome> send(BatchId batch, List<SourceFile> files) {
    List<SourceFile> rest = new ArrayList<>(files);
    List<Outcome> outcomes = new ArrayList<>();
    try {
      List<Arrived> arrived = put(batch, files);
      List<Result<CompleteAnswer>> completed =
          api.completeAll(batch, arrived.stream().map(Arrived::completion).toList()).files();
      for (int i = 0; i < Math.min(arrived.size(), completed.size()); i++) {
        Arrived each = arrived.get(i);
        Result<CompleteAnswer> answer = completed.get(i);
        if (answer.failure() == null && each.sha256.hex().equals(answer.get().sha256())) {
          progress.completed();
          rest.remove(each.file);
          outcomes.add(new Outcome.Sent(each.file, each.sha256, null));
        }
      }
    } catch (ArchiveException e) {
      if (RunFailures.endsTheRun(e.code())) {
        throw e;
      }
    }
    rest.forEach(file -> outcomes.add(alone.send(batch, file)));
    return outcomes;
  }

  private List<Arrived> put(BatchId batch, List<SourceFile> files) {
    List<Result<StartAnswer>> started =
        api.startAll(batch, files.stream().map(alone::startRequest).toList()).files();
    List<Arrived> arrived = new ArrayList<>();
    for (int i = 0; i < Math.min(files.size(), started.size()); i++) {
      SourceFile file = files.get(i);
      Result<Arrived> result = started.get(i).then(start -> Result.tried(() -> put(file, start)));
      if (result.failure() == null) {
        arrived.add(result.get());
      } else if (RunFailures.endsTheRun(result.failure().code())
          && !result.failure().code().retryable()) {
        // What may pass is tried again where the file is sent by itself.
        throw result.failure();
      }
    }
    return arrived;
  }

  private Arrived put(SourceFile file, StartAnswer start) {
    if (start.presignedUrl() == null) {
      throw new ArchiveException(
          ErrorCode.INVALID_REQUEST, "the server wants " + file.path() + " in another way");
    }
    FileBody body;
    try (Transfer transfer = progress.sending(file.path().toString(), file.size())) {
      body = FileBody.whole(file, transfer);
      api.put(start.presignedUrl(), body, FileBody.mediaType(file));
    }
    Sha256 sha256 = body.digest();
    alone.digests().accept(file, sha256);
    return new Arrived(
        file, sha256, new CompleteRequest(start.r2Key(), null, null, sha256.hex(), null));
  }
}
