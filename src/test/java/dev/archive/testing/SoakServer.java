package dev.archive.testing;

import dev.archive.testing.SoakTally.Wrong;
import dev.archive.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The server of a soak: started, killed with -9 at some moment, started again. */
final class SoakServer {
  private static final double KILLED_IN_START = 0.2;
  private static final double PAUSED = 0.15;

  private final ArchiveProgram program;
  private final Path root;
  private final List<SoakClient> clients;
  private final SplittableRandom random;
  private final SoakTally tally;
  private ServeProcess server;
  private URI url;

  SoakServer(
      ArchiveProgram program,
      Path root,
      List<SoakClient> clients,
      SplittableRandom random,
      SoakTally tally) {
    this.program = program;
    this.root = root;
    this.clients = clients;
    this.random = random;
    this.tally = tally;
  }

  /** Starts and kills it until it is over; leaves one that answers. */
  void drive(BooleanSupplier over) throws IOException, InterruptedException {
    while (!over.getAsBoolean()) {
      start();
      if (random.nextDouble() < KILLED_IN_START) {
        process().waitFor(random.nextLong(1200), TimeUnit.MILLISECONDS);
        tally.startUpKills.incrementAndGet();
        kill();
        continue;
      }
      awaitReady();
      requireAcknowledged();
      BooleanSupplier moment = moment();
      while (!moment.getAsBoolean() && !over.getAsBoolean() && process().isAlive()) {
        process().waitFor(1, TimeUnit.MILLISECONDS);
      }
      if (!over.getAsBoolean()) {
        kill();
        Thread.sleep(random.nextInt(10) == 0 ? 2000 : random.nextLong(200));
      }
    }
    if (!process().isAlive()) {
      start();
      awaitReady();
      requireAcknowledged();
    }
  }

  private void start() throws IOException {
    server = ServeProcess.start(program, root);
  }

  private void kill() throws IOException, InterruptedException {
    if (!process().isAlive()) {
      tally.wrong(
          Wrong.EXIT,
          "the server ended by itself with " + process().exitValue() + server.lastWords());
      return;
    }
    ArchiveProgram.kill(process());
    tally.serverKills.incrementAndGet();
  }

  private Process process() {
    return server.process();
  }

  private void awaitReady() throws IOException, InterruptedException {
    long begun = System.nanoTime();
    url = server.awaitReady();
    tally.slowestReadyMillis.accumulateAndGet(
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun), Math::max);
    clients.forEach(client -> client.proxy().setUpstream(url.getHost(), url.getPort()));
  }

  /** When to kill it: after a time, or at the n-th request of a kind from now on. */
  private BooleanSupplier moment() throws InterruptedException, IOException {
    if (random.nextDouble() < PAUSED) {
      pause();
    }
    long begun = System.nanoTime();
    if (random.nextInt(3) == 0) {
      long nanos = TimeUnit.MILLISECONDS.toNanos(random.nextLong(3000));
      return () -> System.nanoTime() - begun >= nanos;
    }
    Acknowledged.Call[] calls = Acknowledged.Call.values();
    Acknowledged.Call call = calls[random.nextInt(calls.length)];
    boolean rare =
        call == Acknowledged.Call.INIT
            || call == Acknowledged.Call.BUNDLE
            || call == Acknowledged.Call.FINALIZE
            || call == Acknowledged.Call.STATUS;
    long enough = asked(call) + 1 + (rare ? 0 : random.nextInt(60));
    long latest = TimeUnit.SECONDS.toNanos(3);
    return () -> asked(call) >= enough || System.nanoTime() - begun >= latest;
  }

  private long asked(Acknowledged.Call call) {
    return clients.stream().mapToLong(client -> client.acknowledged().asked(call)).sum();
  }

  /** Stops it for a while and lets it go on (S5). */
  private void pause() throws IOException, InterruptedException {
    signal("STOP");
    process().waitFor(random.nextLong(1500), TimeUnit.MILLISECONDS);
    signal("CONT");
    tally.pauses.incrementAndGet();
  }

  private void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, String.valueOf(process().pid())).start().waitFor();
  }

  /** Asks whether every file is there that was acknowledged before the kill. */
  private void requireAcknowledged() throws IOException {
    for (SoakClient client : clients) {
      String batch = client.acknowledged().batch();
      Set<String> keys = client.acknowledged().keys();
      if (batch == null || keys.isEmpty()) {
        continue;
      }
      try (InputStream in = url.resolve("/api/batches/" + batch + "/status").toURL().openStream()) {
        Set<String> held = Acknowledged.completed(Json.readObject(in.readAllBytes()));
        for (String key : keys) {
          tally.acknowledgementsChecked.incrementAndGet();
          // The client may have gone on to another batch in between.
          if (!held.contains(key) && key.startsWith("staging/" + batch + "/")) {
            tally.wrong(Wrong.LOST, key + " is not completed any more");
          }
        }
      }
    }
  }

  /** Ends it in order. */
  void stop() throws IOException, InterruptedException {
    String complaint = server.stop();
    if (!complaint.isEmpty()) {
      tally.wrong(Wrong.EXIT, complaint);
    }
  }
}
