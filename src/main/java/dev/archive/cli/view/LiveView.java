package dev.archive.cli.view;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.EventLine;
import dev.archive.cli.process.Look;
import dev.archive.cli.process.StatusArea;
import dev.archive.cli.view.RunState.Moment;
import dev.archive.client.work.Deadline;
import dev.archive.client.work.Pause;
import dev.archive.client.work.Progress;
import dev.archive.client.work.Progress.Phase;
import dev.archive.client.work.WorkPool;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/**
 * Shows a run while it goes on, from a thread of its own: on a terminal as lines that are replaced,
 * elsewhere as a line now and then. Our own and not a library's: those that were looked at show one
 * bar of one unit, or know the terminal only by a native library that each start unpacks.
 */
final class LiveView implements AutoCloseable {
  private static final Duration TICK = Duration.ofMillis(200);
  private static final String GREEN = "\u001b[32m";
  private static final String YELLOW = "\u001b[33m";
  private static final String PLAIN = "\u001b[0m";

  private final Context context;
  private final Look look;
  private final RunState state;
  private final @Nullable Consumer<Map<String, Object>> events;
  private final @Nullable WorkPool thread;
  private @Nullable Object before;
  private volatile boolean resized = true;
  private boolean closed;
  private int columns;
  private List<String> drawn = List.of();
  private long nextLine;
  private boolean silenceTold;

  /**
   * Begins to show; the first lines come after a moment, for most commands end before it.
   *
   * @param events is given progress instead of lines; null for lines
   */
  LiveView(
      Context context, Look look, RunState state, @Nullable Consumer<Map<String, Object>> events) {
    this.context = context;
    this.look = look;
    this.state = state;
    this.events = events;
    this.nextLine = System.nanoTime() + look.interval().toNanos();
    this.thread =
        look.equals(Look.NONE) ? null : new WorkPool(1, "view", () -> {}, Deadline.in(null));
    if (thread != null) {
      if (look.live()) {
        before = Signals.register("WINCH", () -> resized = true);
      }
      var unused = thread.submit(this::loop);
    }
  }

  private Void loop() {
    Pause pause = Pause.real();
    try {
      while (true) {
        pause.last(TICK);
        tick();
      }
    } catch (ArchiveException e) {
      // The pause was interrupted: the run is over.
      return null;
    }
  }

  private synchronized void tick() {
    if (closed) {
      return;
    }
    Moment moment = state.now();
    if (look.live()) {
      draw(moment);
    } else {
      tell(moment);
    }
  }

  private Frame frame(Moment moment) {
    // A server may need long to look at all it holds before it finalizes.
    Duration most = Progress.MAX_SILENCE.multipliedBy(moment.phase() == Phase.FINALIZING ? 10 : 1);
    LocalTime now = LocalTime.ofInstant(context.clock().instant(), ZoneId.systemDefault());
    return new Frame(columns, now, most);
  }

  private void draw(Moment moment) {
    StatusArea area = context.area();
    if (area == null) {
      return;
    }
    int rows = 0;
    if (resized) {
      resized = false;
      columns = TerminalSize.ofErrors();
      for (String line : drawn) {
        rows += Math.max(1, (TextWidth.of(line) + columns - 1) / columns);
      }
    }
    drawn = frame(moment).lines(moment);
    area.show(look.color() ? colored(drawn, frame(moment).silence(moment) != null) : drawn, rows);
  }

  private static List<String> colored(List<String> lines, boolean silent) {
    List<String> colored = new ArrayList<>();
    for (String line : lines) {
      colored.add(line.replaceFirst("\\[(#+)", "[" + GREEN + "$1" + PLAIN));
    }
    if (silent) {
      int last = colored.size() - 1;
      colored.set(last, YELLOW + lines.get(last) + PLAIN);
    }
    return colored;
  }

  private void tell(Moment moment) {
    String silence = frame(moment).silence(moment);
    if (silence == null) {
      silenceTold = false;
    } else if (!silenceTold) {
      silenceTold = true;
      Map<String, Object> note = EventLine.of("note", "message", silence);
      context.out().log(note);
      if (events == null) {
        context.show(silence);
      } else {
        events.accept(note);
      }
    }
    if (look.interval().isZero() || System.nanoTime() - nextLine < 0) {
      return;
    }
    nextLine = System.nanoTime() + look.interval().toNanos();
    Map<String, Object> event = event(moment);
    context.out().log(event);
    if (events == null) {
      context.err().println(line(moment));
    } else {
      events.accept(event);
    }
  }

  /** One line for a log. */
  static String line(Moment moment) {
    String name = Frame.name(moment.phase()) + ": ";
    return switch (moment.phase()) {
      case SCANNING -> name + Count.of(moment.doneFiles(), "file") + ", " + size(moment.sent());
      case COMPARING, FINALIZING -> name + "waiting for the server";
      case SENDING, FETCHING, CHECKING ->
          name
              + String.format(
                  Locale.ROOT,
                  "%,d of %s",
                  Math.min(moment.doneFiles(), moment.files()),
                  Count.of(moment.files(), "file"))
              + ", "
              + size(moment.sent())
              + (moment.bytes() > 0 ? " of " + size(moment.bytes()) : "")
              + ", "
              + size(moment.bytesPerSecond())
              + "/s, "
              + Frame.left(moment.secondsLeft());
    };
  }

  private static String size(long bytes) {
    return Console.size(bytes);
  }

  private static Map<String, Object> event(Moment moment) {
    Map<String, Object> event = EventLine.of("progress");
    event.put("phase", Frame.name(moment.phase()));
    event.put("files_done", moment.doneFiles());
    event.put("files", moment.files());
    event.put("bytes_done", moment.sent());
    event.put("bytes", moment.bytes());
    event.put("bytes_per_second", moment.bytesPerSecond());
    event.put("seconds_left", moment.secondsLeft() < 0 ? null : moment.secondsLeft());
    return event;
  }

  /** Shows nothing any more; the lines that were shown go. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      StatusArea area = context.area();
      if (look.live() && area != null && !area.shown().isEmpty()) {
        area.show(List.of(), 0);
      }
    }
    if (thread != null) {
      thread.close();
    }
    if (before != null) {
      Signals.unregister("WINCH", before);
    }
  }
}
