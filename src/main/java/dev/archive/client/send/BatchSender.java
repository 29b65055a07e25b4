package dev.archive.client.send;

import dev.archive.client.plan.Failure;
import dev.archive.client.plan.Plan;
import dev.archive.client.send.Shipments.Shipment;
import dev.archive.client.work.Progress;
import dev.archive.client.work.WorkPool;
import dev.archive.model.BatchId;
import dev.archive.source.SourceFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends files of the plan side by side and keeps what is to be known of each. */
public final class BatchSender {
  private final Shipping shipping;
  private final Plan plan;
  private final Consumer<List<Outcome.Sent>> proved;
  private final WorkPool pool;
  private final int parallel;
  private final Progress progress;
  private final List<Failure> failures = new ArrayList<>();
  private final List<Outcome.Abandoned> abandoned = new ArrayList<>();
  private final Map<SourceFile, Outcome> outcomes = new HashMap<>();

  /**
   * Sends files of a plan.
   *
   * @param proved is given what the server proved to hold
   */
  public BatchSender(
      Shipping shipping,
      Plan plan,
      Consumer<List<Outcome.Sent>> proved,
      WorkPool pool,
      int parallel,
      Progress progress) {
    this.shipping = shipping;
    this.plan = plan;
    this.proved = proved;
    this.pool = pool;
    this.parallel = parallel;
    this.progress = progress;
  }

  /**
   * Sends files in parallel; one that fails does not keep the others. After one that is abandoned
   * no other begins: the batch is lost.
   */
  public void send(BatchId batch, List<SourceFile> files) {
    pool.run(
        untilAbandoned(shipping.divide(files.iterator())),
        parallel,
        shipment -> shipping.send(batch, shipment),
        this::keep);
  }

  private Iterator<Shipment> untilAbandoned(Iterator<Shipment> shipments) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return abandoned.isEmpty() && shipments.hasNext();
      }

      @Override
      public Shipment next() {
        return shipments.next();
      }
    };
  }

  /** Sends one file on the caller's thread. */
  public void sendAlone(BatchId batch, SourceFile file) {
    keep(List.of(shipping.sendAlone(batch, file)));
  }

  private void keep(List<Outcome> ended) {
    List<Outcome.Sent> sent = new ArrayList<>();
    for (Outcome outcome : ended) {
      keep(outcome);
      if (outcome instanceof Outcome.Sent done) {
        sent.add(done);
      }
    }
    proved.accept(sent);
  }

  private void keep(Outcome outcome) {
    if (!(outcome instanceof Outcome.Sent done) || done.completion() != null) {
      outcomes.put(outcome.file(), outcome);
    }
    if (outcome instanceof Outcome.Sent sent) {
      plan.setDigest(sent.file().path(), sent.sha256());
    } else if (outcome instanceof Outcome.Doubtful doubtful) {
      plan.setDigest(doubtful.file().path(), doubtful.sha256());
    } else if (outcome instanceof Outcome.Abandoned given) {
      abandoned.add(given);
    } else if (outcome instanceof Outcome.Failed failed) {
      failures.add(
          new Failure(failed.file().path().toString(), failed.problem().code(), failed.describe()));
      progress.problem(failed.describe());
    }
  }

  /**
   * How the file's last sending ended; null where it was not sent, or nothing of it need be
   * remembered.
   */
  public @Nullable Outcome outcome(SourceFile file) {
    return outcomes.get(file);
  }

  /** The files whose multipart upload was given up, so that the batch has to be. */
  public List<Outcome.Abandoned> abandoned() {
    return abandoned;
  }

  /** The files that cannot be archived. */
  public List<Failure> failures() {
    return failures;
  }
}
