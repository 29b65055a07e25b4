/**
 * What a command touches of its process: output, environment, signals, exit codes, files that it
 * writes. Sees no other room of the command line.
 *
 * <p>Its one hard rule: every write of a result goes through {@code Output}, which checks it and
 * owns the exit code that stands with it; only {@code Settings} reads the environment.
 *
 * <p>Its locks: {@code Output} lets one thread at a time write, held over that write, so that lines
 * stay whole; {@code Interrupts} guards what a signal ends.
 */
@NullMarked
package dev.archive.cli.process;

import org.jspecify.annotations.NullMarked;
