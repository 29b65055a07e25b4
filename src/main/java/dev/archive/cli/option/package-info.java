/**
 * Groups of options that commands share, and what they mean. Sees {@code process}, client and
 * server.
 *
 * <p>Its one hard rule: a value that makes no sense is refused before anything is done.
 */
@NullMarked
package dev.archive.cli.option;

import org.jspecify.annotations.NullMarked;
