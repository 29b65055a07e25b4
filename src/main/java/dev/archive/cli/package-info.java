/**
 * The command line: the main class and the wiring of its rooms, each of which sees only those
 * before it. Sees all but storage and ledger, and nothing sees it; it is the only package that
 * knows picocli.
 *
 * <ul>
 *   <li>{@code process}: what a command touches of its process
 *   <li>{@code view}: what is shown of a run
 *   <li>{@code option}: groups of options
 *   <li>{@code command}: one class a command, but for those that name them all
 * </ul>
 *
 * <p>Its one hard rule: what is for machines goes to stdout, what is for people to stderr, and a
 * failure is one line that says what failed, what was and was not done, and what to do next.
 */
@NullMarked
package dev.archive.cli;

import org.jspecify.annotations.NullMarked;
