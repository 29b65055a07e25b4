/**
 * The versioned state of batches, in SQL: one row per batch, one row per file, one row of sums per
 * owner ({@code Quotas}), and a version for every change. Knows the model alone, and is the only
 * package that knows JDBC.
 *
 * <p>Its one hard rule: an answer is given only after the transaction that holds it is durable.
 * Changes that commute (adding and completing different files) take the next version; changes that
 * exclude others (finalize) name the version they saw.
 *
 * <p>Its locks: {@code CommitTime} guards the times of commits and {@code GroupCommit.probe} the
 * one question that waits, each over one assignment. Only the writer's thread changes anything.
 */
package dev.archive.ledger;
