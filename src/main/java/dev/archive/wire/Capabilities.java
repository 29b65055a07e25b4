package dev.archive.wire;

/** The names by which a server says which extensions it has. */
public final class Capabilities {
  /** Every change of a batch has a version; status and finalize speak of it. */
  public static final String VERSIONS = "versions";

  /** The server finalizes only what has the files, bytes and manifest that the call expects. */
  public static final String CONTRACT = "contract";

  /** The server hashes what it stores, checks digests given and tells its own. */
  public static final String DIGESTS = "digests";

  /** A start of a multipart file under way tells which parts have arrived. */
  public static final String RESUME = "resume";

  /** Files of zero bytes are welcome. */
  public static final String EMPTY_FILES = "empty-files";

  /** Any name of valid Unicode without control characters is welcome. */
  public static final String ANY_NAME = "any-name";

  /** Start and complete take many files in one call. */
  public static final String BULK = "bulk";

  /** Many small files may come as one tar stream. */
  public static final String BUNDLE = "bundle";

  /** The server reads again what it stored, and tells what is not as it was. */
  public static final String AUDIT = "audit";

  /** The server tells what a batch went through, change by change. */
  public static final String HISTORY = "history";

  /** {@code GET /} tells the id of the archive, which was made once and never changes. */
  public static final String ARCHIVE_ID = "archive-id";

  /** A start that asks for headers gets them with each URL, and the lengths of its parts bound. */
  public static final String HEADERS = "headers";

  /** The URLs of parts come in pages, to callers that ask for them so. */
  public static final String PART_PAGES = "part-pages";

  /** A file can be forgotten, and finalize can replace what init declared. */
  public static final String AMEND = "amend";

  /** The server knows tokens, and shows each owner its own batches. */
  public static final String TOKENS = "tokens";

  /** The server gives back the files that it stores, one by one and as a tar stream. */
  public static final String CONTENT = "content";

  /** The server keeps dates, modes, owners, symlinks and directories. */
  public static final String ATTRIBUTES = "attributes";

  private Capabilities() {}
}
