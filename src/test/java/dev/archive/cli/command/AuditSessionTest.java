package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.option.AuditOptions;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.Settings;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sample;
import dev.archive.server.audit.Audit.Subject;
import dev.archive.server.audit.AuditRun;
import dev.archive.server.audit.AuditTotals;
import dev.archive.wire.Messages.AuditFinding;
import dev.archive.wire.Messages.AuditPage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** An audit that is broken off, and taken up again. */
class AuditSessionTest {
  private static final BatchId ONE = BatchId.parse("01K0000000000000000000000A");
  private static final BatchId TWO = BatchId.parse("01K0000000000000000000000B");
  private static final List<Subject> BOTH = List.of(new Subject(ONE, 3, 3), new Subject(TWO, 3, 3));

  @TempDir Path state;
  private Clock clock = Clock.systemUTC();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  /** Two batches of three parts, each with a file that is missing in its second part. */
  private static final class Disk implements AuditRun.Parts {
    private final List<String> asked = new ArrayList<>();
    private final Set<Long> seeds = new HashSet<>();
    private final List<Instant> since = new ArrayList<>();
    private int partsLeft;
    private long filesRead = 1;

    Disk(int partsLeft) {
      this.partsLeft = partsLeft;
    }

    @Override
    public AuditPage check(
        BatchId batch, String after, Sample sample, Instant readSince, LongConsumer read) {
      since.add(readSince);
      if (partsLeft-- == 0) {
        throw new ArchiveException(ErrorCode.INTERRUPTED, "the plug was pulled");
      }
      asked.add(batch.value().charAt(25) + " " + after);
      seeds.add(sample.seed());
      String next = after == null ? "2" : after.equals("2") ? "3" : null;
      List<AuditFinding> findings =
          "2".equals(after)
              ? List.of(new AuditFinding("/x", "missing", null, 1L, null, null, null))
              : List.of();
      return new AuditPage(batch.value(), "enqueued", 1L, filesRead, filesRead, findings, next);
    }
  }

  private AuditTotals run(Disk disk, String... options) {
    Context context =
        new Context(
            new Output(new ByteArrayOutputStream()),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new Settings(Map.of("XDG_STATE_HOME", state.toString())),
            clock);
    AuditOptions parsed = CommandLine.populateCommand(new AuditOptions(), options);
    return new AuditSession(context, parsed, parsed.openReport(context, List.of()), false)
        .run("here", BOTH, true, disk);
  }

  private Path log() throws IOException {
    try (Stream<Path> files = Files.list(state.resolve("archive/audits"))) {
      return files.filter(file -> file.toString().endsWith(".jsonl")).findFirst().orElse(null);
    }
  }

  @Test
  void goesOnWhereItWasBrokenOffAndTellsAllOfIt() throws IOException {
    Path report = state.resolve("report");
    Disk first = new Disk(4);
    assertThrows(ArchiveException.class, () -> run(first, "--sample", "50"));
    assertEquals(List.of("A null", "A 2", "A 3", "B null"), first.asked);
    err.reset();
    Disk second = new Disk(9);
    AuditTotals totals = run(second, "--sample", "50", "--report", report.toString());
    assertEquals(List.of("B 2", "B 3"), second.asked);
    assertEquals(first.seeds, second.seeds, "the sample goes on too");
    assertEquals(
        "{batches=2, files=6, files_read=6, bytes_read=6, altered=0, unreadable=0, missing=2,"
            + " extra=0, unfinished=0}",
        totals.fields().toString());
    String said = err.toString(StandardCharsets.UTF_8);
    assertTrue(said.contains("4 files were checked then (--again checks all again)"), said);
    assertTrue(said.contains("in batch " + ONE + ":\narchive: /x is missing"), said);
    assertTrue(said.contains("in batch " + TWO + ":\narchive: /x is missing"), said);
    assertEquals(4, Files.readAllLines(report).size());
    assertEquals(null, log(), "what has come to its end is not taken up");
    Disk third = new Disk(9);
    run(third, "--sample", "50");
    assertEquals(6, third.asked.size());
  }

  private void at(String time) {
    clock = Clock.fixed(Instant.parse(time), ZoneOffset.UTC);
  }

  @Test
  void resumedRunTakesNoReadThatIsOlderThanItsMaxAge() {
    at("2026-11-24T00:00:00Z");
    assertThrows(ArchiveException.class, () -> run(new Disk(3)));
    at("2026-11-24T12:00:00Z");
    Disk second = new Disk(2);
    assertThrows(ArchiveException.class, () -> run(second));
    assertEquals(List.of("B null", "B 2"), second.asked);
    at("2026-11-25T00:00:01Z");
    Disk third = new Disk(9);
    run(third);
    assertEquals(List.of("A null", "A 2", "A 3", "B 3"), third.asked);
    assertEquals(
        Set.of(Instant.parse("2026-11-24T00:00:01Z")), new HashSet<>(third.since), "read since");
  }

  /** What a resumed run takes from the ledger is as old as it was, not as the run that took it. */
  @Test
  void readThatWasTakenOnceIsNotTakenAgainAsIfItWereYoung() {
    at("2026-11-24T00:00:00Z");
    assertThrows(ArchiveException.class, () -> run(new Disk(3)));
    at("2026-11-25T00:00:01Z");
    Disk taking = new Disk(4);
    taking.filesRead = 0;
    assertThrows(ArchiveException.class, () -> run(taking));
    assertEquals(List.of("A null", "A 2", "A 3", "B null"), taking.asked);
    at("2026-11-25T12:00:00Z");
    Disk third = new Disk(9);
    run(third);
    assertEquals(List.of("A null", "A 2", "A 3", "B null", "B 2", "B 3"), third.asked);
  }

  @Test
  void maxAgeOfNothingReadsAllAgainAndAnyOtherIsTaken() {
    at("2026-11-24T00:00:00Z");
    assertThrows(ArchiveException.class, () -> run(new Disk(5)));
    at("2026-11-24T00:00:01Z");
    Disk again = new Disk(5);
    assertThrows(ArchiveException.class, () -> run(again, "--max-age", "0s"));
    assertEquals(5, again.asked.size());
    at("2036-11-24T00:00:00Z");
    Disk longAfter = new Disk(9);
    run(longAfter, "--max-age", "99999999d");
    assertEquals(List.of("B 3"), longAfter.asked);
  }

  @Test
  void readOfTheFutureIsNone() {
    at("2036-11-24T00:00:00Z");
    assertThrows(ArchiveException.class, () -> run(new Disk(5)));
    at("2026-11-24T00:00:00Z");
    Disk again = new Disk(9);
    run(again);
    assertEquals(6, again.asked.size());
  }

  @Test
  void anotherSampleIsAnotherAudit() {
    assertThrows(ArchiveException.class, () -> run(new Disk(4), "--sample", "50"));
    Disk other = new Disk(9);
    run(other, "--sample", "51");
    assertEquals(6, other.asked.size());
    Disk same = new Disk(9);
    run(same, "--sample", "50");
    assertEquals(2, same.asked.size());
  }

  @Test
  void beginsAnewWhereToldTo() {
    assertThrows(ArchiveException.class, () -> run(new Disk(4)));
    Disk again = new Disk(9);
    run(again, "--again");
    assertEquals(6, again.asked.size());
  }

  @Test
  void partThatIsTornInTheLogIsCheckedAgain() throws IOException {
    assertThrows(ArchiveException.class, () -> run(new Disk(4)));
    Path log = log();
    byte[] whole = Files.readAllBytes(log);
    int lastLine =
        new String(whole, StandardCharsets.UTF_8).lastIndexOf('\n', whole.length - 2) + 1;
    for (int length = lastLine; length <= whole.length; length++) {
      Files.write(log, Arrays.copyOf(whole, length));
      Disk disk = new Disk(1);
      assertThrows(ArchiveException.class, () -> run(disk));
      assertEquals(List.of(length == whole.length ? "B 2" : "B null"), disk.asked, "at " + length);
    }
    Files.write(log(), whole);
    Files.write(log(), new byte[700], StandardOpenOption.APPEND);
    Disk zeros = new Disk(9);
    run(zeros);
    assertEquals(List.of("B 2", "B 3"), zeros.asked);
  }

  @Test
  void logThatIsNoneIsBegunAnew() throws IOException {
    assertThrows(ArchiveException.class, () -> run(new Disk(4)));
    for (String text : List.of("", "\n", "{}\n", "[1]\n", "not ours\n", "{\"percent\":1}\n")) {
      Files.writeString(log(), text);
      Disk disk = new Disk(4);
      assertThrows(ArchiveException.class, () -> run(disk));
      assertEquals("A null", disk.asked.get(0), text);
    }
  }

  @Test
  void sameAuditTwiceAtOnceIsRefused() {
    ArchiveException[] refusal = new ArchiveException[1];
    Disk disk = new Disk(9);
    AuditRun.Parts meanwhile =
        (batch, after, sample, readSince, read) -> {
          refusal[0] = assertThrows(ArchiveException.class, () -> run(new Disk(9)));
          return disk.check(batch, after, sample, readSince, read);
        };
    Context context =
        new Context(
            Output.ofProcess(),
            System.err,
            new Settings(Map.of("XDG_STATE_HOME", state.toString())),
            Clock.systemUTC());
    AuditOptions options = CommandLine.populateCommand(new AuditOptions());
    new AuditSession(context, options, null, true).run("here", BOTH, true, meanwhile);
    assertEquals(ErrorCode.LOCKED, refusal[0].code());
  }
}
