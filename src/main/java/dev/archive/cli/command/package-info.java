/**
 * One class a command, and what several of them do: a run, an audit, the completion scripts. Sees
 * {@code process}, {@code option} and {@code view}.
 *
 * <p>Its one hard rule: a command returns its exit code, and never ends the process.
 */
package dev.archive.cli.command;
