package dev.archive.client.send;

import dev.archive.client.api.FileBody;
import dev.archive.client.api.IngestApi;
import dev.archive.client.api.PartUrls;
import dev.archive.client.api.RunFailures;
import dev.archive.client.api.ServerTraits;
import dev.archive.client.plan.Plan;
import dev.archive.client.work.Progress;
import dev.archive.client.work.Transfer;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.CompleteAnswer;
import dev.archive.wire.Messages.CompleteRequest;
import dev.archive.wire.Messages.Part;
import dev.archive.wire.Messages.PartRange;
import dev.archive.wire.Messages.PartsAnswer;
import dev.archive.wire.Messages.PartsRequest;
import dev.archive.wire.Messages.Processing;
import dev.archive.wire.Messages.StartAnswer;
import dev.archive.wire.Messages.StartRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** Brings one file into a batch: registers it, sends its bytes, completes it. */
public final class FileSender {
  /** How often bytes are sent again that arrived as others. */
  private static final int FIXITY_TRIES = 3;

  private final IngestApi api;
  private final ServerTraits server;
  private final Plan plan;
  private final MultipartSender multipart;
  private final BiConsumer<SourceFile, Sha256> digests;
  private final Progress progress;

  /**
   * Sends files of a plan.
   *
   * @param digests is told the digest of each file before the server can call it complete
   */
  public FileSender(
      IngestApi api,
      ServerTraits server,
      Plan plan,
      MultipartSender multipart,
      BiConsumer<SourceFile, Sha256> digests,
      Progress progress) {
    this.digests = digests;
    this.api = api;
    this.server = server;
    this.plan = plan;
    this.multipart = multipart;
    this.progress = progress;
  }

  /**
   * Sends a file.
   *
   * @throws ArchiveException where not this file but the run cannot go on
   */
  Outcome send(BatchId batch, SourceFile file) {
    Attempt attempt = new Attempt(file);
    for (int tries = 1; ; tries++) {
      try {
        Outcome sent = attempt.run(batch);
        progress.completed();
        return sent;
      } catch (ArchiveException e) {
        if (server.versions() && tries < FIXITY_TRIES && attempt.mayHelpToSendAgain(e.code())) {
          continue;
        }
        return ended(attempt, e);
      }
    }
  }

  /** Is told of each digest before the server can call its file complete. */
  BiConsumer<SourceFile, Sha256> digests() {
    return digests;
  }

  /** What registers a file. */
  StartRequest startRequest(SourceFile file) {
    return startRequest(file, plan.digest(plan.indexOf(file.path())));
  }

  private StartRequest startRequest(SourceFile file, @Nullable Sha256 known) {
    return new StartRequest(
        file.path().fileName(),
        file.size(),
        file.path().toString(),
        FileBody.mediaType(file),
        known == null || server.digests() ? null : known.cid(),
        Processing.ALL,
        known == null || !server.digests() ? null : known.hex(),
        server.headers() ? true : null,
        server.partPages() && file.size() >= PartUrls.MIN_SIZE
            ? new PartRange(1, PartUrls.PAGE)
            : null);
  }

  private Outcome ended(Attempt attempt, ArchiveException e) {
    if (!server.versions() && attempt.isSpent(e.code())) {
      return new Outcome.Abandoned(attempt.file, e);
    }
    if (!server.versions() && attempt.mayBeLost(e.code())) {
      return new Outcome.Doubtful(
          attempt.file, attempt.sha256, attempt.isMultipart() ? null : attempt.completion);
    }
    if (RunFailures.endsTheRun(e.code())) {
      throw e;
    }
    return new Outcome.Failed(attempt.file, e);
  }

  /** One file's way, which remembers how far it came. */
  private final class Attempt {
    private final SourceFile file;
    private boolean asked;

    /** The digest of the bytes that were refused last. */
    private @Nullable Sha256 refused;

    private @Nullable Sha256 sha256;
    private @Nullable CompleteRequest completion;

    Attempt(SourceFile file) {
      this.file = file;
    }

    Outcome run(BatchId batch) {
      try {
        return send(batch);
      } catch (ArchiveException e) {
        if (e.code() == ErrorCode.FIXITY_MISMATCH && sha256 != null) {
          refused = sha256;
        }
        throw e;
      }
    }

    private Outcome send(BatchId batch) {
      file.requireUnchanged();
      asked = true;
      // An interrupted run may have registered the digest of bytes that are not there any more:
      // the server keeps it until it is told another.
      StartAnswer start =
          api.start(batch, refused == null ? startRequest(file) : startRequest(file, refused));
      asked = false;
      completion = sendBytes(batch, start);
      Sha256 sent = sent();
      digests.accept(file, sent);
      asked = true;
      CompleteAnswer answer = api.complete(batch, completion, file.size());
      if (answer.sha256() != null && !answer.sha256().equals(sent.hex())) {
        throw new ArchiveException(
            ErrorCode.FIXITY_MISMATCH,
            "the server holds SHA-256 "
                + Text.brief(answer.sha256())
                + " for "
                + file.path()
                + ", and "
                + sent
                + " was sent");
      }
      return new Outcome.Sent(file, sent, server.versions() ? null : completion);
    }

    /** An upload URL that is refused may have been signed with a key that was replaced since. */
    private boolean mayHelpToSendAgain(ErrorCode code) {
      return code == ErrorCode.FIXITY_MISMATCH
          || code == ErrorCode.BYTES_MISSING
          || code == ErrorCode.URL_EXPIRED
          || code == ErrorCode.CONFLICT
          || code == ErrorCode.FORBIDDEN && !asked;
    }

    private @Nullable PartsAnswer more(BatchId batch, StartAnswer start, int from) {
      return api.parts(
          batch,
          new PartsRequest(
              start.r2Key(),
              start.uploadId(),
              from,
              PartUrls.PAGE,
              server.headers() ? true : null));
    }

    private CompleteRequest sendBytes(BatchId batch, StartAnswer start) {
      if (StartAnswer.MULTIPART.equals(start.uploadType())) {
        PartUrls urls =
            new PartUrls(
                file,
                start,
                next -> more(batch, start, next),
                url -> requireSameName(start.r2Key(), url));
        MultipartSender.Sent sent = multipart.send(file, start, urls, server.digests());
        sha256 = sent.sha256();
        return completion(start.r2Key(), start.uploadId(), sent.parts());
      }
      String url = start.presignedUrl();
      if (url == null) {
        throw new ArchiveException(
            ErrorCode.BAD_ANSWER, "the server gave no URL for " + file.path());
      }
      requireSameName(start.r2Key(), url);
      FileBody body;
      String etag;
      try (Transfer transfer = progress.sending(file.path().toString(), file.size())) {
        body = FileBody.whole(file, transfer);
        etag = put(url, body);
      }
      if (!server.versions()) {
        // Such a server does not look for the object: the store's answer is the only proof of it.
        MultipartSender.requireTag(etag, file.path().toString());
      }
      return completion(start.r2Key(), null, null);
    }

    private Sha256 sent() {
      return Objects.requireNonNull(sha256, "the bytes were sent");
    }

    private String put(String url, FileBody body) {
      try {
        return api.put(url, body, FileBody.mediaType(file));
      } finally {
        sha256 = body.digest();
      }
    }

    private CompleteRequest completion(
        String key, @Nullable String uploadId, @Nullable List<Part> parts) {
      return new CompleteRequest(
          key, uploadId, parts, server.digests() ? sent().hex() : null, null);
    }

    /**
     * Existing servers put the raw name into the URL, where some characters name another object.
     */
    private void requireSameName(String key, String url) {
      if (server.anyName()) {
        return;
      }
      String path = url.replaceFirst("^[a-z]+://[^/]*", "").replaceFirst("[?#].*$", "");
      HttpUrl sent = HttpUrl.parse(url);
      // What is sent may be another path than what is written: a backslash becomes a slash.
      if (!names(path, key) || sent != null && !names(sent.encodedPath(), key)) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST,
            file.path()
                + " has a name that this server would store as another; nothing of it was sent");
      }
    }

    private static boolean names(String path, String key) {
      try {
        String decoded = URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
        return decoded.endsWith("/" + key);
      } catch (IllegalArgumentException e) {
        return false;
      }
    }

    /**
     * Whether the server may have heard a call whose answer did not come, or have forgotten what it
     * answered.
     */
    private boolean mayBeLost(ErrorCode code) {
      return asked
          && switch (code) {
            case FILE_NOT_FOUND, ANSWER_LOST, INTERNAL, UNAVAILABLE, REQUEST_TIMEOUT, BAD_ANSWER ->
                true;
            default -> false;
          };
    }

    /**
     * Whether the one call that completes a multipart upload failed, so that the upload has to be
     * given up. A file that the server does not know it can neither have marked nor assembled, and
     * what ends the run is no matter of this file.
     */
    private boolean isSpent(ErrorCode code) {
      return asked
          && isMultipart()
          && switch (code) {
            case FILE_NOT_FOUND -> false;
            case ANSWER_LOST,
                INTERNAL,
                UNAVAILABLE,
                TOO_MANY_REQUESTS,
                REQUEST_TIMEOUT,
                BAD_ANSWER ->
                true;
            default -> !RunFailures.endsTheRun(code);
          };
    }

    private boolean isMultipart() {
      return completion != null && completion.uploadId() != null;
    }
  }
}
