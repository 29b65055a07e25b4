package dev.archive.client.run;

import dev.archive.client.api.Contact;
import dev.archive.client.api.HttpIngestApi;
import dev.archive.client.api.IngestApi;
import dev.archive.client.api.RetryPolicy;
import dev.archive.client.api.RetryingIngestApi;
import dev.archive.client.api.ServerTraits;
import dev.archive.client.plan.Failure;
import dev.archive.client.plan.Plan;
import dev.archive.client.plan.UnportableNames;
import dev.archive.client.send.BatchSender;
import dev.archive.client.send.FileSender;
import dev.archive.client.send.MultipartSender;
import dev.archive.client.send.Outcome;
import dev.archive.client.send.Shipping;
import dev.archive.client.state.Account;
import dev.archive.client.state.Journal;
import dev.archive.client.state.Origin;
import dev.archive.client.state.RunIdentity;
import dev.archive.client.state.RunRecord;
import dev.archive.client.state.StateDirectory;
import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.client.work.WorkPool;
import dev.archive.durable.FileLock;
import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.BatchId;
import dev.archive.model.Count;
import dev.archive.model.ErrorCode;
import dev.archive.model.Receipt;
import dev.archive.source.ExcludedName;
import dev.archive.source.SourceFile;
import dev.archive.source.SourceWalker;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.MetadataRules;
import dev.archive.wire.RawJson;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run of the uploader, from the walk to the receipt. A run that resumes another is the same
 * run: it finds the plan and the batch in its journal, and less to do.
 */
public final class UploadRun {
  /** How many skipped files a batch names in its metadata; the receipt names all. */
  private static final int MAX_DECLARED = 1000;

  /** What two machines whose clocks are kept right never differ by. */
  private static final Duration MAX_SKEW = Duration.ofMinutes(2);

  private final UploadOptions options;
  private final Progress progress;
  private final Clock clock;
  private final RandomGenerator random;
  private final Pause pause;
  private final StateDirectory state;
  private final Deadline deadline;
  private final Duration silence;
  private RunRecord record;
  private Accounting accounting;
  private List<Attributes> recorded;
  private List<String> unrecorded;
  private volatile Contact contact;
  private boolean opened;

  /** A run that really waits between attempts. */
  public UploadRun(UploadOptions options, Progress progress, Clock clock, RandomGenerator random) {
    this(options, progress, clock, random, Pause.real());
  }

  public UploadRun(
      UploadOptions options, Progress progress, Clock clock, RandomGenerator random, Pause pause) {
    this(options, progress, clock, random, pause, HttpIngestApi.SILENCE);
  }

  UploadRun(
      UploadOptions options,
      Progress progress,
      Clock clock,
      RandomGenerator random,
      Pause pause,
      Duration silence) {
    this.options = options;
    this.progress = progress;
    this.clock = clock;
    this.random = random;
    this.state = new StateDirectory(options.repeat().state());
    this.deadline = Deadline.in(options.timeout());
    this.pause = deadline.bound(pause);
    this.silence = silence;
  }

  /** Breaks off what waits for the server, from any thread; the run then ends soon. */
  public void stop() {
    Contact now = contact;
    if (now != null) {
      now.stop();
    }
  }

  /** Whether the server was asked to finalize: where the run fails, whether it did is unknown. */
  public boolean mayHaveFinalized() {
    Contact now = contact;
    return now != null && now.mayHaveFinalized();
  }

  /**
   * What became of all that was found, where {@link #run} failed.
   *
   * @return null where no batch was opened, so that nothing became of it, and where that is
   *     unknown: after the server was asked to finalize
   */
  public @Nullable Account accountOfFailure() {
    return opened && !mayHaveFinalized() ? accounting.unfinished() : null;
  }

  /**
   * Archives the sources.
   *
   * @return the receipt, or why there is none: the files that could not be archived
   * @throws ArchiveException where the run could not go on
   */
  public RunReport run() {
    List<Path> sources = SourceWalker.resolve(options.sources());
    RunIdentity identity =
        RunIdentity.of(
            options.server().name(),
            sources,
            options.rootPath(),
            options.uploader(),
            options.filters().options());
    try (FileLock lock = state.lock(identity, options.waitForLock(), pause, progress);
        Journal journal = Journal.open(state.journal(identity), identity);
        Contact beside =
            new Contact(
                options.server().endpoint(),
                options.version(),
                options.connections(),
                options.allow().uploadHosts(),
                options.bytesPerSecond(),
                silence,
                deadline,
                clock,
                pause,
                random)) {
      if (options.filters().names() != null) {
        state.keepNames(identity, options.filters().names());
      }
      contact = beside;
      beside.begin();
      if (journal.isCutOff()) {
        progress.note(
            "the journal of the last run is cut off before the end of its plan, and what it knew is"
                + " lost: archiving everything in a new batch");
      }
      Found found = plan(sources, false);
      RunReport early = withoutServer(found);
      return early == null ? archive(found.plan, journal, found.failures) : early;
    }
  }

  /**
   * Only plans: tells what would be archived, and what could not be.
   *
   * @throws ArchiveException where {@link #run} would not begin
   */
  public List<Failure> plan() {
    Found found = plan(SourceWalker.resolve(options.sources()), true);
    var unused = withoutServer(found);
    return found.failures;
  }

  private record Found(Plan plan, List<Failure> failures) {}

  /** Takes the files of a walk into a plan. */
  private final class Planning implements SourceWalker.Listener {
    private final Plan.Builder files = new Plan.Builder();
    private final boolean namesExcluded;

    Planning(boolean namesExcluded) {
      this.namesExcluded = namesExcluded;
    }

    @Override
    public void file(SourceFile file) {
      deadline.check();
      progress.scanned(file.size());
      files.add(file);
    }

    @Override
    public void excluded(ExcludedName name) {
      deadline.check();
      if (namesExcluded) {
        progress.excludedName(name.path(), name.bytes(), name.rule());
      }
    }
  }

  private Found plan(List<Path> sources, boolean namesExcluded) {
    Planning planning = new Planning(namesExcluded);
    SourceWalker.Found found =
        SourceWalker.walk(
            sources, options.rootPath(), options.own(), options.filters(), clock, planning);
    Plan plan = planning.files.build();
    found.leftOut().forEach(each -> progress.note(each.toString()));
    progress.planned(
        plan.size(), plan.bytes(), found.symlinksNotFollowed(), found.emptyDirectories());
    if (!found.excluded().isEmpty()) {
      progress.excluded(found.excluded());
    }
    found.problems().forEach(problem -> progress.problem(problem.toString()));
    tellUnportable(plan, namesExcluded);
    List<Failure> failures =
        found.problems().stream()
            .map(
                problem ->
                    new Failure(
                        problem.file().toString(), ErrorCode.SOURCE_UNREADABLE, problem.toString()))
            .toList();
    Origin origin = Origin.of(sources, options.rootPath());
    record =
        new RunRecord(
            null,
            options.uploader(),
            HostName.get(),
            "archive " + options.version(),
            options.sources().stream().map(Path::toString).toList(),
            origin,
            options.filters().options(),
            options.metadata() == null ? null : options.metadata().text(),
            found.excluded());
    accounting = new Accounting(plan, origin, found, failures);
    // What the walk counted must be what it planned and left out, before anything is sent.
    var unused = accounting.close(null, failures, List.of(), false);
    recorded = found.recorded().stream().sorted(Comparator.comparing(Attributes::path)).toList();
    unrecorded = found.unrecorded();
    return new Found(plan, failures);
  }

  private void tellUnportable(Plan plan, boolean all) {
    UnportableNames names = UnportableNames.of(plan);
    if (names.isEmpty()) {
      return;
    }
    if (all) {
      names.lines().forEach(progress::note);
    }
    if (!options.allow().unportableNames()) {
      throw new ArchiveException(
          ErrorCode.INCOMPLETE,
          names.sentence()
              + "; nothing was done. Rename them (--dry-run lists all), or archive them as they are"
              + " without --portable-names");
    }
    progress.note(
        names.sentence()
            + (all ? "" : " (--dry-run lists all)")
            + "; they are archived as they are");
  }

  /** The report of a run that can send nothing to any server; else null. */
  private RunReport withoutServer(Found found) {
    boolean empty = found.plan.size() == 0;
    if (!found.failures.isEmpty() && (empty || !options.allow().skipped())) {
      return failed(found.failures);
    }
    return empty ? nothing() : null;
  }

  private RunReport nothing() {
    if (options.allow().empty()) {
      return report(null, new Plan.Builder().build(), List.of(), List.of(), true);
    }
    throw new ArchiveException(
        ErrorCode.USAGE,
        "there is no file to archive; nothing was done. If that is right, say --allow-empty");
  }

  /** Whether the batch goes on without the files that fail. */
  private boolean amends() {
    return options.allow().skipped() && contact.met().server().amend();
  }

  /**
   * Archives the plan. Where files fail and may be skipped, and the server does not amend, what is
   * left of it goes into a batch of its own, as often as that happens.
   */
  private RunReport archive(Plan whole, Journal journal, List<Failure> unreadable) {
    Plan plan = whole;
    List<Failure> skipped = new ArrayList<>(unreadable);
    while (true) {
      RunReport report = archiveOnce(plan, journal, skipped, skipped.size() == unreadable.size());
      if (report.receipt() != null || !options.allow().skipped() || amends()) {
        return report;
      }
      skipped.addAll(report.failures());
      plan =
          plan.without(report.failures().stream().map(Failure::name).collect(Collectors.toSet()));
      if (plan.size() == 0) {
        return failed(skipped);
      }
      progress.note("going on without the files named, in a new batch");
    }
  }

  private RunReport archiveOnce(Plan plan, Journal journal, List<Failure> skipped, boolean first) {
    UploadOptions.Repeat repeat = options.repeat();
    if (!repeat.rehash()) {
      journal.tellDigests(plan, repeat.trust());
    }
    Asked asked = new Asked(plan, journal);
    SinceLastRun.Next next = SinceLastRun.decide(journal.last(), repeat.again(), asked);
    if (!asked.unread.isEmpty()) {
      return failed(asked.unread);
    }
    if (next == SinceLastRun.Next.UNCHANGED) {
      Receipt receipt = journal.receipt();
      record = record.at(journal.finishedAt());
      if (receipt.attributesSha256() != null
          && !receipt
              .attributesSha256()
              .equals(AttributeSender.digest(recorded, options.filters().xattrs(), plan))) {
        progress.note(
            "dates, modes, owners, "
                + (options.filters().xattrs() ? "extended attributes, " : "")
                + "links or directories are not what batch "
                + receipt.batchId()
                + " recorded; no file has changed, so nothing was sent. To record them as they are"
                + " now: archive upload --again");
      }
      RunReport report = report(receipt, plan, skipped, List.of(), true);
      if (Files.notExists(state.receipt(receipt.batchId()))) {
        keep(report.ofTheBatch());
      }
      return report;
    }
    if (options.filters().xattrs() && !contact.met().server().attributes()) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "this server keeps no extended attributes; nothing was sent. Archive without --xattrs");
    }
    boolean takeUp = next == SinceLastRun.Next.RESUME;
    journal.allowSkipped(options.allow().skipped());
    if (!takeUp) {
      if (first && journal.hasPlan() && journal.receipt() == null) {
        progress.note(
            (journal.hasSameMetadata(options.metadata()) ? "the sources have" : "the metadata has")
                + " changed since the interrupted run: planning again");
      }
      journal.begin(plan, newKey(), options.metadata());
    }
    Contact.Met met = contact.met();
    ServerTraits server = met.server();
    tellSkew(met.ahead());
    try (WorkPool files = new WorkPool(options.parallel(), "file", met.http()::stop, deadline);
        WorkPool parts = new WorkPool(options.connections(), "part", () -> {}, deadline)) {
      IngestApi api =
          new RetryingIngestApi(
              met.http(), RetryPolicy.NORMAL, pause, random, server.versions(), deadline, progress);
      Upload upload =
          new Upload(plan, journal, skipped, api, server, met.roundTrip(), files, parts);
      if (amends()) {
        return upload.amended(takeUp);
      }
      RunReport report = server.versions() ? upload.versioned(takeUp) : upload.unversioned();
      if (report.receipt() == null && options.allow().skipped() && server.versions()) {
        giveUp(api, journal.batch());
      }
      return report;
    }
  }

  private void finishedNow(Journal journal) {
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    record = record.at(now);
    journal.finishedAt(now);
  }

  private void keep(RunReport report) {
    state.keepReceipt(report.receipt().batchId(), report::writeReceipt);
  }

  /**
   * How the run ended.
   *
   * @param held what the batch holds; null where nothing was finalized
   */
  private RunReport report(
      Receipt receipt, Plan held, List<Failure> failed, List<Failure> outdated, boolean before) {
    return new RunReport(
        receipt,
        receipt == null ? List.of() : held.entries(),
        failed,
        outdated,
        accounting.close(
            held, failed, outdated, receipt != null && receipt.attributesSha256() != null),
        accounting.names(held, failed, outdated),
        record,
        before);
  }

  /** Nothing here depends on clocks; who reads times of both sides should know all the same. */
  private void tellSkew(Duration ahead) {
    if (ahead != null && ahead.abs().compareTo(MAX_SKEW) > 0) {
      progress.note(
          "the clock of this machine is "
              + Count.of(ahead.abs().toSeconds(), "second")
              + " "
              + (ahead.isNegative() ? "behind" : "ahead of")
              + " the server's; files are archived all the same, but one of the two is wrong");
    }
  }

  /** Spares the server a batch that another takes the place of. */
  private void giveUp(IngestApi api, BatchId batch) {
    try {
      api.abort(batch);
    } catch (ArchiveException e) {
      progress.note("batch " + batch + " could not be aborted, and is left to expire");
    }
  }

  /** What is asked of the server and the sources before anything is sent. */
  private final class Asked implements SinceLastRun.Evidence {
    private final Plan plan;
    private final Journal journal;

    /** Files that could not be read, without which the run does not go on. */
    private List<Failure> unread = List.of();

    Asked(Plan plan, Journal journal) {
      this.plan = plan;
      this.journal = journal;
    }

    @Override
    public String archive() {
      return contact.met().server().archiveId();
    }

    @Override
    public boolean sameRequest() {
      return journal.hasSameMetadata(options.metadata())
          && (journal.hasSameShape(plan) || mayBeAmended());
    }

    /** Whether the batch of an interrupted run can come to hold another plan. */
    private boolean mayBeAmended() {
      return options.allow().skipped()
          && journal.hasPlan()
          && journal.receipt() == null
          && journal.overlaps(plan)
          && amends();
    }

    @Override
    public SinceLastRun.Held held() {
      Contact.Met met = contact.met();
      IngestApi api =
          new RetryingIngestApi(
              met.http(), RetryPolicy.NORMAL, pause, random, true, deadline, progress);
      return ReceiptCheck.of(api, met.server(), journal.receipt(), pause);
    }

    @Override
    public boolean showsToken() {
      // An embedded archive has another name than its address, and a secret instead of a token.
      UploadOptions.Server server = options.server();
      return server.endpoint().token() != null && server.name().equals(server.endpoint().url());
    }

    /** Reads the files whose stamps do not prove that they are as they were. */
    @Override
    public boolean sameBytes() {
      progress.phase(Progress.Phase.CHECKING);
      List<SourceFile> doubtful = plan.unhashed();
      if (!doubtful.isEmpty()) {
        progress.note(
            "reading "
                + Count.number(doubtful.size())
                + " of "
                + Count.of(plan.size(), "file")
                + " again: nothing else proves that what was archived is unchanged");
        if (!read(doubtful)) {
          return false;
        }
      }
      boolean same = plan.manifestSha256().equals(journal.receipt().manifestSha256());
      String archive = archive();
      if (same && (!doubtful.isEmpty() || archive != null && journal.archive() == null)) {
        journal.confirm(plan, archive);
      }
      return same;
    }

    /** False where a file cannot be read. */
    private boolean read(List<SourceFile> some) {
      List<Failure> failures;
      try (WorkPool pool = new WorkPool(options.parallel(), "hash", () -> {}, deadline)) {
        failures = plan.read(some, pool, options.parallel());
      }
      if (!options.allow().skipped()) {
        unread = failures;
        failures.forEach(each -> progress.problem(each.reason()));
      }
      return failures.isEmpty();
    }

    @Override
    public void note(String message) {
      progress.note(message);
    }
  }

  private String newKey() {
    return BatchId.ulid(clock.millis(), random);
  }

  private RunReport failed(List<Failure> failures) {
    return report(null, null, failures, List.of(), false);
  }

  /** The plan on its way into batches of one server. */
  private final class Upload {
    private final Plan plan;
    private final Journal journal;
    private final List<Failure> skipped;
    private final IngestApi api;
    private final ServerTraits server;
    private final Duration roundTrip;
    private final WorkPool files;
    private final WorkPool parts;

    Upload(
        Plan plan,
        Journal journal,
        List<Failure> skipped,
        IngestApi api,
        ServerTraits server,
        Duration roundTrip,
        WorkPool files,
        WorkPool parts) {
      this.plan = plan;
      this.journal = journal;
      this.skipped = skipped;
      this.api = api;
      this.server = server;
      this.roundTrip = roundTrip;
      this.files = files;
      this.parts = parts;
    }

    RunReport versioned(boolean takeUp) {
      return report(
          completed(
              takeUp,
              batch -> versionedBatch(batch).takeUp(),
              batch -> versionedBatch(batch).complete(server.contract())));
    }

    /** Archives what can be archived, in one batch. */
    RunReport amended(boolean takeUp) {
      AmendedBatch.Ended ended =
          completed(
              takeUp,
              batch -> amendedBatch(batch).resume(),
              batch -> amendedBatch(batch).complete());
      if (ended.answer() == null) {
        return failed(ended.skipped());
      }
      Plan held = ended.plan();
      Receipt receipt =
          new Completion(journal.batch(), ended.answer(), List.of())
              .receipt(held, options.server().name());
      finishedNow(journal);
      RunReport report =
          UploadRun.this.report(receipt, held, ended.skipped(), ended.outdated(), false);
      keep(report);
      if (ended.amended()) {
        journal.finished(receipt, held, plan);
      } else {
        journal.finished(receipt);
      }
      return report;
    }

    /**
     * Completes a batch: the one of the run that was interrupted, or else a new one.
     *
     * @param resume gives null where the batch cannot hold the plan any more
     */
    private <T> T completed(
        boolean takeUp, Function<BatchId, T> resume, Function<BatchId, T> complete) {
      BatchId before = journal.batch();
      BatchId batch = open();
      // A batch that was given up leaves its key to another, of which nothing was sent yet.
      boolean same = before == null || before.equals(batch);
      T completed = takeUp && same ? resume.apply(batch) : null;
      if (takeUp && completed == null) {
        progress.note(
            "batch "
                + (same ? batch : before)
                + " of the interrupted run cannot hold the plan any more:"
                + " planning again");
        if (same) {
          journal.begin(plan, newKey(), options.metadata());
          batch = open();
        }
      }
      return completed == null ? complete.apply(batch) : completed;
    }

    private AmendedBatch amendedBatch(BatchId batch) {
      return new AmendedBatch(
          api,
          journal,
          batch,
          plan,
          skipped,
          attributes(),
          some -> sender(api, some),
          files,
          options.parallel(),
          progress);
    }

    private VersionedBatch versionedBatch(BatchId batch) {
      return new VersionedBatch(
          api, plan, attributes(), batch, sender(api), files, options.parallel(), progress);
    }

    private AttributeSender attributes() {
      return new AttributeSender(
          api, server.attributes(), recorded, options.filters().xattrs(), unrecorded, progress);
    }

    RunReport unversioned() {
      UnversionedBatches batches =
          new UnversionedBatches(api, plan, this::openAnother, this::sender, pause, progress);
      Completion completed = batches.complete();
      // What was sent to such a server before proves nothing, and is sent again.
      accounting.sentAll();
      return report(completed);
    }

    private BatchId open() {
      return opened(init());
    }

    /** One that no earlier call opened: what was sent to such a server before proves nothing. */
    private BatchId openAnother() {
      return opened(api.init(request(), newKey()));
    }

    private BatchId opened(BatchId batch) {
      opened = true;
      journal.opened(batch, server.archiveId());
      progress.opened(batch, options.server().name());
      return batch;
    }

    private InitRequest request() {
      return new InitRequest(
          options.uploader(),
          options.rootPath(),
          journal.declaredFiles(),
          journal.declaredBytes(),
          amends() ? options.metadata() : metadata(),
          null,
          null);
    }

    private BatchId init() {
      try {
        return api.init(request(), journal.idempotencyKey());
      } catch (ArchiveException e) {
        if (e.code() == ErrorCode.TOO_LARGE && options.metadata() != null) {
          throw new ArchiveException(
              ErrorCode.USAGE,
              "the server refuses to open a batch with so much --metadata: "
                  + e.getMessage()
                  + "; nothing was sent. Put large metadata into a file among the sources",
              e);
        }
        if (e.code() != ErrorCode.CONFLICT) {
          throw e;
        }
        // The init request was altered in transit, for a network may change bytes: that batch is
        // nobody's.
        journal.begin(plan, newKey(), options.metadata());
        return api.init(request(), journal.idempotencyKey());
      }
    }

    /** The metadata of the batch; what it goes without is declared there. */
    private RawJson metadata() {
      if (skipped.isEmpty()) {
        return options.metadata();
      }
      Map<String, String> all = new LinkedHashMap<>();
      if (options.metadata() != null) {
        all.putAll(Json.members(options.metadata()));
      }
      all.put("archive_skipped", Json.text(declared(Json.bytes(Json.object(all)).length)));
      all.put("archive_skipped_files", Json.text(skipped.size()));
      return Json.object(all);
    }

    /** As many of the skipped files as fit beside the rest of the metadata. */
    private List<String> declared(int others) {
      List<String> declared = new ArrayList<>();
      int room = MetadataRules.MAX_BYTES - 100 - others;
      for (Failure each : skipped) {
        room -= Json.bytes(each.reason()).length + 1;
        if (room < 0 || declared.size() == MAX_DECLARED) {
          break;
        }
        declared.add(each.reason());
      }
      return declared;
    }

    private BatchSender sender(IngestApi through) {
      return sender(through, plan);
    }

    /** What an amended batch may come to keep is in the journal before the server has it. */
    private BatchSender sender(IngestApi through, Plan some) {
      boolean early = amends();
      MultipartSender multipart =
          new MultipartSender(through, parts, options.parallelParts(), progress);
      FileSender sender =
          new FileSender(
              through,
              server,
              some,
              multipart,
              early ? journal::read : (file, digest) -> {},
              progress);
      Shipping shipping = new Shipping(through, sender, server, roundTrip, progress);
      return new BatchSender(
          shipping,
          some,
          sent -> {
            accounting.sent(sent);
            if (!early) {
              journal.proved(proved(sent));
            }
          },
          files,
          options.parallel(),
          progress);
    }

    private static List<Journal.Proved> proved(List<Outcome.Sent> sent) {
      return sent.stream().map(each -> new Journal.Proved(each.file(), each.sha256())).toList();
    }

    private RunReport report(Completion completion) {
      if (!completion.failures().isEmpty()) {
        return failed(completion.failures());
      }
      Receipt receipt = completion.receipt(plan, options.server().name());
      finishedNow(journal);
      RunReport report = UploadRun.this.report(receipt, plan, skipped, List.of(), false);
      keep(report);
      journal.finished(receipt);
      return report;
    }
  }
}
