package dev.archive.cli.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.archive.testing.ArchiveProcess;
import dev.archive.testing.ChildJvm;
import dev.archive.testing.Direction;
import dev.archive.testing.FaultProxy;
import dev.archive.testing.Match;
import dev.archive.testing.Offset;
import dev.archive.testing.Rule;
import dev.archive.testing.Rules;
import dev.archive.testing.Terminal;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What people see of an upload on real terminals, beside the recordings of it: while it sends,
 * while the server is stopped, after a resize, and what is left at the end. Figures are {@code #}
 * in recordings, and bars {@code [=]}, for no two runs have the same. No resize makes the lines of
 * files wrap: tmux scrolls such lines away, where none can erase them. With {@code
 * -Darchive.stopped=30} the server is stopped for half a minute.
 */
class TerminalRecordingTest {
  private static final String SOURCE = "box 7";
  private static final int ROWS = 24;
  private static final int STOPPED = Integer.getInteger("archive.stopped", 6);
  private static final Pattern SECTION = Pattern.compile("^== (.+)\n", Pattern.MULTILINE);

  @TempDir private static Path temporary;

  @BeforeAll
  static void source() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/tmux")), "tmux is not installed");
    Path source = Files.createDirectories(temporary.resolve(SOURCE));
    for (String name : List.of("Brief \u6587\u66f8.tif", "a.tif", "b.tif", "c.tif", "d.tif")) {
      Files.write(source.resolve(name), new byte[6_000_000]);
    }
  }

  private static List<String> upload(String url, String... options) throws IOException {
    List<String> command = new ArrayList<>(ChildJvm.program("-Darchive.tty=true"));
    command.addAll(List.of("upload", "--parallel", "5", "--server", url));
    command.addAll(List.of(options));
    command.add(temporary.resolve(SOURCE).toString());
    return command;
  }

  private static Map<String, String> environment(String name) {
    Map<String, String> environment = new HashMap<>();
    environment.put("XDG_STATE_HOME", temporary.resolve("state-" + name).toString());
    environment.put("LC_ALL", "C.UTF-8");
    return environment;
  }

  /** The text without what differs from run to run; bars of files in the order of their names. */
  private static String form(String text) {
    List<String> lines = new ArrayList<>();
    TreeMap<String, String> files = new TreeMap<>();
    for (String line : text.replaceAll("\n{2,}", "\n").split("\n")) {
      String plain =
          line.replaceAll("\\[[#-]+\\]", "[=]")
              .replaceAll("\\b[0-9A-HJKMNP-TV-Z]{26}\\b", "BATCH")
              .replaceAll("(  [0-9.]+ \\w+/s)?  ([0-9:]+ left|time left unknown)", " RATE")
              .replaceAll("\\b(?=[a-f]*\\d)[0-9a-f]{7,}\\b", "HEX")
              .replaceAll("(?<!exit )\\d+([.,:]\\d+)*", "#")
              .replaceAll("/tmp/\\S+|http:\\S+", "PLACE")
              .replaceAll(" ?\\S*…$", "…")
              .replaceAll(" +", " ")
              .stripTrailing();
      if (plain.startsWith(" /")) {
        files.put(plain, plain);
      } else {
        lines.addAll(files.values());
        files.clear();
        lines.add(plain);
      }
    }
    lines.addAll(files.values());
    return String.join("\n", lines).strip();
  }

  /** How many seconds the server is said to be silent. */
  private static int silence(String text) {
    var said = Pattern.compile("no answer for (\\d+)").matcher(text);
    return said.find() ? Integer.parseInt(said.group(1)) : 0;
  }

  private static Map<String, String> recording(int columns) throws IOException {
    String all = Files.readString(Path.of("src/test/resources/recordings", columns + ".txt"));
    Map<String, String> parts = new LinkedHashMap<>();
    var start = SECTION.matcher(all);
    String name = null;
    int from = 0;
    while (start.find()) {
      if (name != null) {
        parts.put(name, all.substring(from, start.start()).strip());
      }
      name = start.group(1);
      from = start.end();
    }
    parts.put(name, all.substring(from).strip());
    return parts;
  }

  @Test
  void withoutColorOrWithoutATerminalThatKnowsEscapes() throws Exception {
    try (ArchiveProcess server =
        ArchiveProcess.serve(temporary.resolve("plain"), List.of(), List.of())) {
      for (String[] each :
          new String[][] {{"NO_COLOR", "1"}, {"TERM", "dumb"}, {"TERM", "xterm"}}) {
        Map<String, String> environment = environment(each[1]);
        environment.put(each[0], each[1]);
        try (Terminal terminal =
            new Terminal(
                temporary.resolve("terminal-" + each[1]),
                80,
                ROWS,
                environment,
                upload(server.url(), "--limit-rate", "20M", "--progress-interval", "1s"))) {
          StringBuilder escapes = new StringBuilder();
          terminal.await(
              recording(80).get("ended"),
              text -> {
                escapes.append(terminal.rows());
                return form(text)
                    .replaceAll("(?m)^(sending|scanning|comparing|finalizing).*\n", "");
              });
          boolean colored = escapes.indexOf("\u001b[3") >= 0;
          assertEquals(each[1].equals("xterm"), colored, escapes::toString);
        }
      }
    }
  }

  /** Each file stands still at its first million of bytes, so that all terminals show the same. */
  private static FaultProxy heldUploads(ArchiveProcess server) {
    URI url = URI.create(server.url());
    Rule held = Rule.stall(Match.request("PUT .*"), Direction.REQUEST, Offset.at(1_000_000));
    return FaultProxy.start(url.getHost(), url.getPort(), 1, Rules.of(held));
  }

  @Test
  void terminalsOfAllWidths() throws Exception {
    Map<Integer, Integer> widths = new LinkedHashMap<>();
    widths.put(80, 100);
    widths.put(40, 35);
    widths.put(20, 90);
    widths.put(120, 150);
    Map<Integer, Terminal> terminals = new LinkedHashMap<>();
    try (ArchiveProcess server =
            ArchiveProcess.serve(temporary.resolve("root"), List.of(), List.of());
        FaultProxy proxy = heldUploads(server)) {
      for (int columns : widths.keySet()) {
        terminals.put(
            columns,
            new Terminal(
                temporary.resolve("terminal-" + columns),
                columns,
                ROWS,
                environment(columns + ""),
                upload(proxy.uri().toString())));
      }
      for (var each : terminals.entrySet()) {
        each.getValue().await(recording(each.getKey()).get("sending"), TerminalRecordingTest::form);
      }
      server.signal("STOP");
      for (var each : terminals.entrySet()) {
        String wanted = recording(each.getKey()).get("stopped");
        each.getValue()
            .await(wanted, text -> silence(text) < STOPPED ? "not yet: " + text : form(text));
        String rows = each.getValue().rows();
        String last = rows.substring(rows.lastIndexOf('\n') + 1);
        assertTrue(last.contains("no answer"), () -> "a line is wider than the terminal: " + rows);
        each.getValue().resize(widths.get(each.getKey()), ROWS);
      }
      for (var each : terminals.entrySet()) {
        each.getValue().await(recording(each.getKey()).get("resized"), TerminalRecordingTest::form);
      }
      server.signal("CONT");
      proxy.setRules(Rules.none());
      proxy.release();
      for (var each : terminals.entrySet()) {
        each.getValue().await(recording(each.getKey()).get("ended"), TerminalRecordingTest::form);
      }
    } finally {
      for (Terminal each : terminals.values()) {
        each.close();
      }
    }
  }
}
