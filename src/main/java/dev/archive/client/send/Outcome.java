package dev.archive.client.send;

import dev.archive.model.ArchiveException;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.CompleteRequest;
import org.jspecify.annotations.Nullable;

/** How the sending of one file ended. */
public sealed interface Outcome {
  SourceFile file();

  /**
   * The server said that it is complete.
   *
   * @param sha256 of the bytes that were sent
   * @param completion the call that completed it, to be repeated where the server forgot; null
   *     where servers do not forget
   */
  record Sent(SourceFile file, Sha256 sha256, @Nullable CompleteRequest completion)
      implements Outcome {}

  /**
   * A server without versions may have lost it: its state is compared when nothing is in flight.
   *
   * @param sha256 of the bytes that were sent, or null where none were
   * @param completion the call that would complete it, or null where it has to be registered and
   *     sent again; never that of a multipart upload
   */
  record Doubtful(SourceFile file, @Nullable Sha256 sha256, @Nullable CompleteRequest completion)
      implements Outcome {}

  /**
   * Its multipart upload was given up on a server without versions: the one call that completes it
   * failed or was not answered. Whether there is an object is unknown, and no later answer tells.
   */
  record Abandoned(SourceFile file, ArchiveException problem) implements Outcome {
    /** What happened, with the file's path. */
    public String describe() {
      return Outcome.describe(file, problem);
    }
  }

  /** It cannot be archived in this run, and sending it again would not help. */
  record Failed(SourceFile file, ArchiveException problem) implements Outcome {
    /** What happened, with the file's path. */
    String describe() {
      return Outcome.describe(file, problem);
    }
  }

  /** The message of a problem, led by the file's path unless it is told already. */
  private static String describe(SourceFile file, ArchiveException problem) {
    String message = problem.getMessage();
    boolean told =
        message.startsWith(file.path() + " ")
            || message.startsWith(Text.printable(file.file().toString()) + " ");
    return told ? message : Text.printable(file.path().toString()) + ": " + message;
  }
}
