package dev.archive.cli.process;

import dev.archive.model.FatalErrors;
import dev.archive.model.Text;
import dev.archive.wire.Json;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a server's parts and libraries say on standard error, line by line: as plain text in which
 * nothing is left that a terminal may obey, or each line as a JSON object.
 */
public final class StderrLines extends PrintStream {
  private final PrintStream under;

  private StderrLines(PrintStream under, Lines lines) {
    super(lines, true, StandardCharsets.UTF_8);
    this.under = under;
  }

  /**
   * From now on, of this process.
   *
   * @param json whether each line becomes a JSON object: {@code time} and {@code message}
   */
  public static void install(boolean json, Clock clock) {
    PrintStream under = System.err;
    System.setErr(new StderrLines(under, new Lines(under, json, clock)));
  }

  /** What is under it ends the process where memory is out: it has to see the failure itself. */
  @Override
  public void println(Object what) {
    if (what instanceof Throwable failure && FatalErrors.in(failure) != null) {
      under.println(what);
    } else {
      super.println(what);
    }
  }

  private static final class Lines extends OutputStream {
    private final PrintStream under;
    private final boolean json;
    private final Clock clock;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    Lines(PrintStream under, boolean json, Clock clock) {
      this.under = under;
      this.json = json;
      this.clock = clock;
    }

    @Override
    public synchronized void write(int b) {
      if (b == '\n') {
        end();
      } else {
        line.write(b);
      }
    }

    private void end() {
      String text = line.toString(StandardCharsets.UTF_8);
      line.reset();
      byte[] shown = (shown(text) + "\n").getBytes(StandardCharsets.UTF_8);
      under.write(shown, 0, shown.length);
    }

    private String shown(String text) {
      if (!json) {
        // Stack traces are indented.
        String blanks = text.replace("\t", "    ");
        return Text.escaped(blanks);
      }
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("time", clock.instant().toString());
      object.put("message", text);
      return Json.text(object);
    }
  }
}
