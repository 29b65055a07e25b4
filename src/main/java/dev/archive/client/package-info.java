/**
 * The uploader: plan, open, compare, send, compare again, finalize, receipt. Knows model, wire,
 * source, durable files and bagit, never the server. Its rooms, each of which sees only those
 * before it:
 *
 * <ul>
 *   <li>{@code work}: threads, deadline, pauses, progress
 *   <li>{@code api}: the calls to a server, and the bodies that they send
 *   <li>{@code plan}: what is to be archived, and how it compares with what a server holds
 *   <li>{@code state}: journal and receipts on this machine
 *   <li>{@code send}: bringing files into a batch
 *   <li>{@code run}: a run as a whole, and the care of batches
 * </ul>
 */
package dev.archive.client;
