package dev.archive.client;

import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.Receipt;
import dev.archive.source.SourceWalker;
import dev.archive.wire.Messages.InitRequest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** One run of the uploader, from the walk to the receipt. */
public final class UploadRun {
  private final UploadOptions options;
  private final Progress progress;
  private final Clock clock;
  private final RandomGenerator random;
  private final Pause pause;

  /** A run that really waits between attempts. */
  public UploadRun(UploadOptions options, Progress progress, Clock clock, RandomGenerator random) {
    this(options, progress, clock, random, Pause.real());
  }

  UploadRun(
      UploadOptions options, Progress progress, Clock clock, RandomGenerator random, Pause pause) {
    this.options = options;
    this.progress = progress;
    this.clock = clock;
    this.random = random;
    this.pause = pause;
  }

  /**
   * Archives the sources.
   *
   * @return the receipt, or why there is none: the files that could not be archived
   * @throws ArchiveException where the run could not go on
   */
  public RunReport run() {
    SourceWalker.Found found = SourceWalker.walk(options.sources(), options.rootPath());
    Plan plan = Plan.of(found.files());
    progress.planned(plan.size(), plan.bytes(), found.symlinks(), found.emptyDirectories());
    if (!found.problems().isEmpty()) {
      found.problems().forEach(problem -> progress.problem(problem.toString()));
      return new RunReport(
          null,
          List.of(),
          found.problems().stream().map(problem -> ErrorCode.SOURCE_UNREADABLE).toList());
    }
    if (plan.size() == 0) {
      throw new ArchiveException(ErrorCode.USAGE, "there is no file to archive; nothing was done");
    }
    if (options.dryRun()) {
      return new RunReport(null, List.of(), List.of());
    }
    int connections = options.parallel() * (1 + options.parallelParts());
    try (HttpIngestApi http = new HttpIngestApi(options.server(), options.version(), connections);
        WorkPool files = new WorkPool(options.parallel(), "file");
        WorkPool parts = new WorkPool(connections, "part")) {
      ServerTraits server = FirstContact.with(http, options.server(), pause, random);
      IngestApi api =
          new RetryingIngestApi(http, RetryPolicy.NORMAL, pause, random, server.versions());
      Upload upload = new Upload(plan, api, server, files, parts);
      return server.versions() ? upload.versioned() : upload.unversioned();
    }
  }

  /** The plan on its way into batches of one server. */
  private final class Upload {
    private final Plan plan;
    private final IngestApi api;
    private final ServerTraits server;
    private final WorkPool files;
    private final WorkPool parts;

    Upload(Plan plan, IngestApi api, ServerTraits server, WorkPool files, WorkPool parts) {
      this.plan = plan;
      this.api = api;
      this.server = server;
      this.files = files;
      this.parts = parts;
    }

    RunReport versioned() {
      BatchId batch = open();
      VersionedBatch held = new VersionedBatch(api, plan, batch, sendAll(api));
      return report(held.complete());
    }

    RunReport unversioned() {
      UnversionedBatches batches =
          new UnversionedBatches(api, plan, this::open, this::sendAll, pause, progress);
      return report(batches.complete());
    }

    private BatchId open() {
      BatchId batch =
          api.init(
              new InitRequest(
                  options.uploader(),
                  options.rootPath(),
                  (long) plan.size(),
                  plan.bytes(),
                  options.metadata(),
                  null,
                  null),
              BatchId.ulid(clock.millis(), random));
      progress.opened(batch, options.server());
      return batch;
    }

    private BatchSender sendAll(IngestApi through) {
      MultipartSender multipart =
          new MultipartSender(through, parts, options.parallelParts(), progress);
      FileSender sender = new FileSender(through, server, multipart, progress);
      return new BatchSender(sender, plan, files, options.parallel(), progress);
    }

    private RunReport report(Completion completion) {
      if (!completion.failures().isEmpty()) {
        return new RunReport(null, List.of(), completion.failures());
      }
      Receipt receipt = completion.receipt(plan, options.server());
      List<Entry> entries = new ArrayList<>(plan.size());
      for (int i = 0; i < plan.size(); i++) {
        entries.add(new Entry(plan.file(i).path(), plan.file(i).size(), plan.digest(i)));
      }
      return new RunReport(receipt, entries, List.of());
    }
  }
}
