/**
 * What is shown of a run, a comparison, an audit or a kept receipt: text, JSON lines, progress.
 * Sees {@code process}, client, server and wire.
 *
 * <p>Its one hard rule: text and JSON lines come from the same events.
 *
 * <p>Its lock: {@code Console} lets one thread at a time write to the terminal, held over that
 * write.
 */
@NullMarked
package dev.archive.cli.view;

import org.jspecify.annotations.NullMarked;
