package dev.archive.cli.command;

import dev.archive.cli.command.DoctorCommand.Check;
import dev.archive.cli.option.ServerChoice;
import dev.archive.cli.process.Context;
import dev.archive.cli.process.ExitCodes;
import dev.archive.client.api.Endpoint;
import dev.archive.client.api.HttpProxy;
import dev.archive.client.run.ServerProbe;
import dev.archive.model.ArchiveException;
import dev.archive.model.Count;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.Consumer;

/** What {@code archive doctor} asks of the server. */
final class ServerChecks {
  private static final Duration MAX_SKEW = Duration.ofMinutes(2);

  private ServerChecks() {}

  static void run(Context context, ServerChoice server, Consumer<Check> found) {
    try {
      String url = server.url();
      if (url == null) {
        embedded(context, found);
      } else {
        remote(context, server, url, found);
      }
    } catch (ArchiveException e) {
      found.accept(Check.failure("server", e.getMessage(), ExitCodes.of(e.code())));
    }
  }

  private static void embedded(Context context, Consumer<Check> found) {
    String forbidden = context.settings().requiresServer();
    Path home = context.settings().home();
    if (forbidden != null) {
      found.accept(
          Check.failure("server", "none is named, and require_server is true (" + forbidden + ")"));
      return;
    }
    found.accept(
        Check.ok(
            "server",
            "none is named: the embedded archive in "
                + home
                + (Files.exists(home) ? "" : ", which the first upload makes")));
    found.accept(MachineChecks.space("archive", home));
  }

  private static void remote(
      Context context, ServerChoice server, String url, Consumer<Check> found) {
    Endpoint there = server.probed(context);
    HttpProxy proxy = there.proxies().of(url);
    if (proxy != null) {
      found.accept(Check.ok("proxy", proxy + " (" + proxy.source() + ")"));
    }
    ServerProbe.Answer answer =
        ServerProbe.of(there, Context.version(), context.clock(), new SecureRandom());
    found.accept(
        Check.ok(
            "server",
            url
                + " answers in "
                + answer.roundTrip().toMillis()
                + " ms, "
                + (answer.archiveId() == null ? "tells no id" : "archive " + answer.archiveId())));
    found.accept(
        answer.capabilities().isEmpty()
            ? Check.warning("can", "only the base API: it does not hash what it stores")
            : Check.ok("can", String.join(", ", answer.capabilities())));
    Duration ahead = answer.ahead();
    if (ahead == null) {
      found.accept(Check.warning("clock", "the server does not tell its time"));
    } else {
      String difference =
          "this machine is "
              + Count.of(ahead.abs().toSeconds(), "second")
              + (ahead.isNegative() ? " behind" : " ahead of")
              + " the server";
      found.accept(
          ahead.abs().compareTo(MAX_SKEW) > 0
              ? Check.warning("clock", difference + "; one of the two is wrong")
              : Check.ok("clock", difference));
    }
  }
}
