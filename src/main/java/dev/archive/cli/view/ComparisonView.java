package dev.archive.cli.view;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.Look;
import dev.archive.client.work.Progress;
import dev.archive.wire.Json;
import java.nio.file.Path;
import java.util.List;

/** Shows how far a comparison of local files with a batch is. */
public final class ComparisonView implements Progress, AutoCloseable {
  private final RunState state = new RunState(System::nanoTime);
  private final LiveView view;

  /**
   * For one comparison.
   *
   * @param json whether standard output takes the events
   */
  public ComparisonView(Context context, boolean json, Look look) {
    this.view =
        new LiveView(
            context, look, state, json ? event -> context.out().println(Json.text(event)) : null);
  }

  @Override
  public void phase(Phase phase) {
    state.phase(phase);
  }

  @Override
  public void scanned(long bytes) {
    state.scanned(bytes);
  }

  @Override
  public void planned(long files, long bytes, long symlinks, List<Path> emptyDirectories) {
    state.planned(files, bytes);
  }

  @Override
  public void sent(long bytes) {
    state.sent(bytes);
  }

  @Override
  public void completed() {
    state.completed(1);
  }

  @Override
  public void close() {
    view.close();
  }
}
