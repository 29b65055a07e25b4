package dev.archive.client.plan;

import dev.archive.client.api.Endpoint;
import dev.archive.client.api.FirstContact;
import dev.archive.client.api.HttpIngestApi;
import dev.archive.client.api.IngestApi;
import dev.archive.client.api.RetryPolicy;
import dev.archive.client.api.RetryingIngestApi;
import dev.archive.client.api.ServerTraits;
import dev.archive.client.api.StatusPages;
import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.client.work.WorkPool;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Excluded;
import dev.archive.model.Sample;
import dev.archive.source.Filters;
import dev.archive.source.OwnPlaces;
import dev.archive.source.SourceWalker;
import dev.archive.wire.Messages.AuditPage;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.StatusHead;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Reads what a server holds: the state of a batch, and whether local files are the same. */
public final class BatchReader implements AutoCloseable {
  /** How many files are held at once of a server that tells all in one answer. */
  private static final long MAX_HELD = 100_000;

  private static final String CONTENT_ALONE =
      "nothing was compared. Compare the content alone with --no-attributes";

  private final HttpIngestApi http;
  private final IngestApi api;
  private final IngestApi patient;
  private final ServerTraits traits;

  /** A reader of one server. */
  public BatchReader(Endpoint server, String version, RandomGenerator random) {
    this.http = new HttpIngestApi(server, version, 1);
    Pause pause = Pause.real();
    this.traits = FirstContact.with(http, server.url(), pause, random, Deadline.in(null));
    this.api = retrying(RetryPolicy.FIRST_CONTACT, pause, random);
    // What takes hours outlives a restart of the server.
    this.patient = retrying(RetryPolicy.NORMAL, pause, random);
  }

  private IngestApi retrying(RetryPolicy policy, Pause pause, RandomGenerator random) {
    return new RetryingIngestApi(
        http, policy, pause, random, true, Deadline.in(null), Progress.silent());
  }

  /** Breaks off what waits for the server, from any thread: an interrupt does not reach it. */
  public void stop() {
    http.stop();
  }

  /**
   * The state of a batch without its files.
   *
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}, or {@link ErrorCode#NOT_FOUND}
   *     where the server tells no states
   */
  public StatusHead summary(BatchId batch) {
    return traits.versions() ? api.summary(batch) : status(batch, file -> {});
  }

  /**
   * The state of a batch; each of its files goes to the consumer. A server with versions tells them
   * in the order of their last change, and again those that change meanwhile.
   *
   * @throws ArchiveException as {@link #summary} does
   */
  public StatusHead status(BatchId batch, Consumer<FileStatus> files) {
    return pages(batch, page -> page.forEach(files));
  }

  private StatusHead pages(BatchId batch, Consumer<List<FileStatus>> pages) {
    if (traits.versions()) {
      return new StatusPages(api, batch, Long.MAX_VALUE).read(0, pages);
    }
    List<FileStatus> whole = new ArrayList<>();
    StatusHead head = api.status(batch, MAX_HELD, whole::add);
    if (head == null) {
      throw new ArchiveException(
          ErrorCode.NOT_FOUND, "this server does not tell the state of its batches");
    }
    pages.accept(whole);
    return head;
  }

  /**
   * Has the server read a part of a batch again.
   *
   * @param after what the part before called next, or null
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}; {@link ErrorCode#CONFLICT} where
   *     the batch was given up; {@link ErrorCode#NOT_FOUND} where the server cannot do that
   */
  public AuditPage audit(
      BatchId batch, @Nullable String after, Sample sample, @Nullable Duration maxAge) {
    requireAudit();
    return patient.audit(batch, after, sample, maxAge);
  }

  /**
   * Proves that the server can read its batches again.
   *
   * @throws ArchiveException {@link ErrorCode#NOT_FOUND}
   */
  public void requireAudit() {
    if (!traits.audit()) {
      throw new ArchiveException(
          ErrorCode.NOT_FOUND,
          "this server does not read its batches again when asked to; nothing was checked");
    }
  }

  /**
   * What a comparison found.
   *
   * @param same files that agree
   * @param bySizeAlone how many of those the server has no digest of
   * @param differences one sentence each
   * @param unreadable local files that could not be compared, one sentence each
   * @param excluded local files that were not compared, by rule
   * @param attributes how many names were compared by their dates, modes, owners and targets
   * @param attributeDifferences how many of the differences are of these
   * @param xattrs whether extended attributes were, too
   * @param attributesWhy why they were not compared, in words; null where they were
   */
  public record Comparison(
      StatusHead head,
      long same,
      long bySizeAlone,
      List<String> differences,
      List<String> unreadable,
      List<Excluded> excluded,
      long attributes,
      long attributeDifferences,
      boolean xattrs,
      @Nullable String attributesWhy) {}

  /**
   * Compares local files with a batch by path, size and SHA-256.
   *
   * @param own what an upload leaves out where it lies inside a source
   * @param filters what of the sources is compared
   * @param attributes whether dates, modes, owners, symlinks and directories are compared, too
   * @param clock by which a file's times are young
   * @param progress is told how far it is
   */
  public Comparison compare(
      BatchId batch,
      List<Path> sources,
      OwnPlaces own,
      Filters filters,
      boolean attributes,
      int parallel,
      Clock clock,
      Progress progress) {
    Plan.Builder files = new Plan.Builder();
    StatusHead before = summary(batch);
    String rootPath = before.rootPath();
    StoredAttributes stored =
        attributes && traits.content()
            ? StoredAttributes.of(api, batch, before, CONTENT_ALONE)
            : StoredAttributes.NONE;
    ExcludedHere excluded = new ExcludedHere(rootPath, files, progress);
    boolean xattrs = filters.xattrs() || stored.haveXattrs();
    SourceWalker.Found found =
        SourceWalker.walk(
            SourceWalker.resolve(sources),
            rootPath,
            own,
            xattrs ? filters.withXattrs() : filters,
            clock,
            excluded);
    Plan plan = files.build();
    progress.planned(plan.size(), plan.bytes(), 0, List.of());
    progress.phase(Progress.Phase.CHECKING);
    Verification verification = new Verification(plan, excluded, progress);
    try (WorkPool pool = new WorkPool(parallel, "verify", () -> {}, Deadline.in(null))) {
      StatusHead head =
          pages(
              batch,
              page ->
                  pool.runInGroups(
                      page.iterator(),
                      parallel,
                      held -> held.fileSize() == null ? 0 : held.fileSize(),
                      verification::compare,
                      verification::note));
      return verification.end(
          head,
          found,
          stored == StoredAttributes.NONE
              ? AttributeComparison.Found.none(why(head, attributes))
              : new AttributeComparison(plan, found.recorded(), xattrs, excluded).with(stored));
    }
  }

  private static String why(StatusHead head, boolean wanted) {
    return head.attributesSha256() == null
        ? "the batch has none"
        : wanted ? "this server does not give them back" : "--no-attributes was given";
  }

  @Override
  public void close() {
    http.close();
  }
}
