/**
 * What all of a run's work shares: the pool of threads, the deadline, pauses, and whom to tell of
 * progress. Sees the model alone.
 *
 * <p>Its one hard rule: threads of the uploader are made in {@code WorkPool}, and only {@code
 * Pause} sleeps, so that a deadline or an interrupt ends every wait.
 */
@NullMarked
package dev.archive.client.work;

import org.jspecify.annotations.NullMarked;
