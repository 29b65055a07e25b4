package dev.archive.server.notify;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Port;
import dev.archive.model.Text;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** What is told of finalized batches. */
public interface Hook {
  /** How many messages it is given at once, at most. */
  int parallel();

  /**
   * Tells it, within a time that bounds all of it; may be called from several threads.
   *
   * @param message JSON in UTF-8
   * @throws IOException where it did not take the message in time, with what it said
   */
  void deliver(byte[] message) throws IOException, InterruptedException;

  /**
   * Reads what a person gave: a URL of http or https, else a command for the shell.
   *
   * @param root of the server, for what the hook keeps
   * @throws ArchiveException {@link ErrorCode#USAGE}
   */
  static Hook of(String target, Path root) throws IOException {
    if (target.isBlank()) {
      throw new ArchiveException(ErrorCode.USAGE, "--on-finalize is neither a URL nor a command");
    }
    if (!target.matches("(?i)https?://.*")) {
      return new CommandHook(target, root);
    }
    try {
      URI uri = new URI(target);
      if (uri.getHost() != null && Port.isUsable(uri)) {
        return new Webhook(uri, Webhook.secretIn(root.resolve("webhook.secret")));
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw new ArchiveException(ErrorCode.USAGE, "not the URL of a webhook: " + Text.quote(target));
  }
}
