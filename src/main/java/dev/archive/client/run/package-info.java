/**
 * A run as a whole, and the care of batches. {@code UploadRun} reads top to bottom as the run does.
 * Resume is no second code path: it is the same run that finds less to do. Sees all other rooms of
 * the client.
 *
 * <p>Its one hard rule: no single answer is trusted. A batch counts as complete only when the
 * server's own state, asked once more, holds the plan. What proves that on servers without versions
 * is told at {@code UnversionedBatch}.
 */
package dev.archive.client.run;
