package dev.archive.client;

import dev.archive.model.ArchiveException;
import dev.archive.model.Sha256;
import dev.archive.source.SourceFile;
import dev.archive.wire.Messages.CompleteRequest;

/** How the sending of one file ended. */
sealed interface Outcome {
  SourceFile file();

  /**
   * The server said that it is complete.
   *
   * @param sha256 of the bytes that were sent
   * @param completion the call that completed it, to be repeated where the server forgot; null from
   *     a server with versions, which does not
   */
  record Sent(SourceFile file, Sha256 sha256, CompleteRequest completion) implements Outcome {}

  /**
   * A server without versions may have lost it: what became of it has to be looked into when all is
   * quiet.
   *
   * @param sha256 of the bytes that were sent, or null where none were
   * @param completion the call that would complete it, or null
   */
  record Doubtful(SourceFile file, Sha256 sha256, CompleteRequest completion) implements Outcome {}

  /** It cannot be archived in this run, and sending it again would not help. */
  record Failed(SourceFile file, ArchiveException problem) implements Outcome {
    /** What happened, with the file's name. */
    String describe() {
      String message = problem.getMessage();
      boolean named = message.contains(file.path().fileName());
      return named ? message : file.path() + ": " + message;
    }
  }
}
