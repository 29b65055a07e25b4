/**
 * The command line: commands, settings, output and exit codes. Sees all but storage and ledger, and
 * nothing sees it; it is the only package that knows picocli, and the only one that reads the
 * environment or ends the process.
 *
 * <p>Its one hard rule: what is for machines goes to stdout, what is for people to stderr, and a
 * failure is one line that says what failed, what was and was not done, and what to do next.
 *
 * <p>Its locks: {@code Output} and {@code Console} let one thread at a time write to the terminal
 * or a file, held over that write, so that lines stay whole; {@code Interrupts} guards what a
 * signal ends.
 */
package dev.archive.cli;
