package dev.archive.client.send;

import dev.archive.client.api.IngestApi;
import dev.archive.client.api.ServerTraits;
import dev.archive.client.send.Shipments.Shipment;
import dev.archive.client.work.Progress;
import dev.archive.model.BatchId;
import dev.archive.source.SourceFile;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ways in which files get to a server, chosen by what it takes, their sizes and its distance.
 */
public final class Shipping {
  /**
   * From here on it is worth to spare a middling file two round trips, though it waits for others.
   */
  private static final Duration FAR = Duration.ofMillis(5);

  private final FileSender alone;
  private final BundleSender bundles;
  private final LotSender lots;
  private final @Nullable BundleSize size;
  private final boolean inLots;

  /**
   * Chooses for a server.
   *
   * @param roundTrip what a small call to it takes
   */
  public Shipping(
      IngestApi api, FileSender alone, ServerTraits server, Duration roundTrip, Progress progress) {
    this.alone = alone;
    this.size = server.bundles() ? new BundleSize(roundTrip) : null;
    this.bundles = new BundleSender(api, alone, size, progress);
    this.lots = new LotSender(api, alone, progress);
    this.inLots = server.bulk() && roundTrip.compareTo(FAR) >= 0;
  }

  /** Divides files into shipments, as they are asked for. */
  Iterator<Shipment> divide(Iterator<SourceFile> files) {
    return new Shipments(files, size, inLots);
  }

  /** Sends a shipment; each of its files has an outcome. */
  List<Outcome> send(BatchId batch, Shipment shipment) {
    return switch (shipment.way()) {
      case BUNDLE -> bundles.send(batch, shipment.files());
      case LOT -> lots.send(batch, shipment.files());
      case ALONE -> List.of(alone.send(batch, shipment.files().get(0)));
    };
  }

  /** Sends one file by itself. */
  Outcome sendAlone(BatchId batch, SourceFile file) {
    return alone.send(batch, file);
  }
}
