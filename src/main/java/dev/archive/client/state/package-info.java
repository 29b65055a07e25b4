/**
 * What must outlive the process: the journal of each run, its lock, and the receipts. Sees {@code
 * work}, {@code plan} and durable files.
 *
 * <p>Its one hard rule: the plan is durable before the first byte is sent. A journal that is
 * damaged, or another run's, is refused and never guessed at.
 *
 * <p>Its lock: {@code Journal} appends from one thread at a time, held over that write.
 */
@NullMarked
package dev.archive.client.state;

import org.jspecify.annotations.NullMarked;
