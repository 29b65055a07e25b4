package dev.archive.client.state;

/**
 * By what a file is known to be the one that was read before, beside its size and time of
 * modification.
 *
 * @param ignoresCtime not by its time of change, for file systems that change it by themselves
 * @param ignoresInode not by its inode, for file systems that make up new ones
 */
public record Trust(boolean ignoresCtime, boolean ignoresInode) {
  /** By both. */
  public static final Trust FULL = new Trust(false, false);
}
