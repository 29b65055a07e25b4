/**
 * Files that must survive {@code kill -9} and a power cut: bytes of the archive, journals,
 * receipts; what is put into a directory of a person, with its exact dates and extended attributes;
 * and what failures of the file system mean. Knows nothing of ours.
 *
 * <p>Its one hard rule: write, fsync, rename, fsync of the directory, in this order and nowhere
 * else; an fsync that failed is never tried again on the same file. Logs alone are not forced.
 *
 * <p>Its one lock, {@code FileLock.HELD}, guards which files this process has locked, over one
 * look-up or one close; the system is asked for a lock outside of it.
 */
@NullMarked
package dev.archive.durable;

import org.jspecify.annotations.NullMarked;
