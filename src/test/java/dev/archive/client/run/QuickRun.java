package dev.archive.client.run;

import dev.archive.client.api.Endpoint;
import dev.archive.client.api.HttpIngestApi;
import dev.archive.client.state.Trust;
import dev.archive.client.work.ImpatientPause;
import dev.archive.client.work.Progress;
import dev.archive.model.ArchiveException;
import dev.archive.source.Filters;
import dev.archive.source.OwnPlaces;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;

/**
 * An upload that does not wait between its attempts.
 *
 * @param report null where the run failed
 * @param failure null where it did not
 * @param waited what it would have waited in all
 * @param longest the longest of those waits
 */
public record QuickRun(
    RunReport report, ArchiveException failure, Duration waited, Duration longest) {

  /** Uploads a tree in up to five files at once. */
  public static QuickRun of(String url, Path tree, Path state) {
    return of(url, tree, state, HttpIngestApi.SILENCE);
  }

  /** The same, that takes a server for gone after so long a silence. */
  public static QuickRun of(String url, Path tree, Path state, Duration silence) {
    return of(url, tree, state, silence, 5);
  }

  /** The same in as many files at once as are said. */
  public static QuickRun of(String url, Path tree, Path state, Duration silence, int parallel) {
    UploadOptions options =
        new UploadOptions(
            List.of(tree),
            new UploadOptions.Server(Endpoint.open(url), url),
            "tester",
            "/",
            null,
            parallel,
            2,
            null,
            new UploadOptions.Repeat(state, false, false, Trust.FULL),
            new UploadOptions.Allow(false, false),
            Duration.ZERO,
            null,
            "test",
            OwnPlaces.NONE,
            Filters.NONE);
    ImpatientPause pause = new ImpatientPause();
    RunReport report = null;
    ArchiveException failure = null;
    try {
      report =
          new UploadRun(
                  options,
                  Progress.silent(),
                  Clock.systemUTC(),
                  new SplittableRandom(1),
                  pause,
                  silence)
              .run();
    } catch (ArchiveException e) {
      failure = e;
    }
    return new QuickRun(
        report,
        failure,
        Duration.ofMillis(pause.millis.get()),
        Duration.ofMillis(pause.longest.get()));
  }
}
