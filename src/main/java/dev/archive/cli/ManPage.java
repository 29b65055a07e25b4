package dev.archive.cli;

import dev.archive.cli.process.Context;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Manual pages for {@code man}, from what the commands say of themselves. Our own, for picocli's
 * generator writes AsciiDoc, which needs a program that is larger than this one to become a page.
 */
final class ManPage {
  /** A file that begins with something else is not replaced. */
  private static final String FIRST_LINE =
      ".\\\" A manual page of archive, made by archive help --man\n";

  private ManPage() {}

  /**
   * Writes the page of each command that is not hidden.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where one cannot be written, or is another
   *     file
   */
  static int writeAll(CommandLine archive, Path directory) {
    write(archive, directory);
    int pages = 1;
    for (CommandLine each : archive.getSubcommands().values()) {
      if (!each.getCommandSpec().usageMessage().hidden()) {
        write(each, directory);
        pages++;
      }
    }
    return pages;
  }

  private static void write(CommandLine command, Path directory) {
    Path file = directory.resolve(name(command.getCommandSpec()) + ".1");
    try {
      if (!Files.isDirectory(directory)) {
        throw new IOException("there is no such directory");
      }
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !isOurs(file)) {
        throw new IOException("another file has this name, and is not overwritten");
      }
      Files.writeString(file, of(command));
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.USAGE,
          "the manual page " + Text.quote(file.toString()) + " cannot be written: " + reason(e),
          e);
    }
  }

  private static String reason(IOException e) {
    return e instanceof AccessDeniedException
        ? "permission denied"
        : e instanceof FileSystemException failure && failure.getReason() != null
            ? failure.getReason()
            : String.valueOf(e.getMessage());
  }

  private static boolean isOurs(Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] first = in.readNBytes(FIRST_LINE.length());
      return new String(first, StandardCharsets.ISO_8859_1).equals(FIRST_LINE);
    }
  }

  private static String name(CommandSpec spec) {
    return spec.qualifiedName("-");
  }

  /** One page. */
  static String of(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    StringBuilder page = new StringBuilder(FIRST_LINE);
    String title = escaped(name(spec).toUpperCase(Locale.ROOT));
    page.append(".TH \"").append(title).append("\" \"1\" \"\" \"");
    page.append(escaped(Context.program())).append("\" \"archive\"\n");
    List<String> description =
        List.of(spec.usageMessage().description()).stream()
            .filter(each -> !each.isBlank())
            .toList();
    String first =
        description.isEmpty() ? "" : description.get(0).replaceFirst("(?s)\\. .*|\\.$", "");
    section(page, "NAME", escaped(name(spec)) + " \\- " + escaped(first));
    section(page, "SYNOPSIS", ".nf\n" + lines(synopsis(spec)) + ".fi");
    section(page, "DESCRIPTION", escaped(String.join("\n\n", description)));
    page.append(".SH \"OPTIONS\"\n");
    for (PositionalParamSpec each : spec.positionalParameters()) {
      entry(page, each.paramLabel(), each.description());
    }
    for (OptionSpec each : spec.options()) {
      if (!each.hidden()) {
        String label = each.arity().max() == 0 ? "" : "=" + each.paramLabel();
        entry(page, String.join(", ", each.names()) + label, each.description());
      }
    }
    if (!spec.subcommands().isEmpty()) {
      page.append(".SH \"COMMANDS\"\n");
      spec.subcommands()
          .forEach(
              (name, each) -> {
                if (!each.getCommandSpec().usageMessage().hidden()) {
                  entry(page, name, each.getCommandSpec().usageMessage().description());
                }
              });
    }
    if (spec.usageMessage().footer().length > 0) {
      String examples = lines(String.join("\n", spec.usageMessage().footer()));
      section(page, "EXAMPLES", ".nf\n" + examples + ".fi");
    }
    section(page, "SEE ALSO", spec.parent() == null ? "archive help COMMAND" : "archive(1)");
    return page.toString();
  }

  /** On a terminal it would have colours. */
  private static String synopsis(CommandSpec spec) {
    return new Help(spec, Help.defaultColorScheme(Help.Ansi.OFF)).synopsis(0);
  }

  private static void section(StringBuilder page, String name, String text) {
    page.append(".SH \"").append(name).append("\"\n").append(text).append('\n');
  }

  private static void entry(StringBuilder page, String name, String... description) {
    page.append(".TP\n.B \"").append(escaped(name).replace("\"", "\\(dq")).append("\"\n");
    page.append(escaped(String.join("\n", description).strip())).append('\n');
  }

  private static String lines(String text) {
    return escaped(text.stripTrailing()) + "\n";
  }

  /** Text in which nothing is a request to the formatter. */
  private static String escaped(String text) {
    return text.replace("%n", "\n")
        .replace("\\", "\\e")
        .replace("-", "\\-")
        .replaceAll("(?m)^(?=[.'])", "\\\\&");
  }
}
