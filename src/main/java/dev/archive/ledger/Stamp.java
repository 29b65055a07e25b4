package dev.archive.ledger;

/**
 * What a ledger knows of the archive that it belongs to.
 *
 * @param archiveId the archive's own id, a ULID, made once
 * @param generation counts how often the ledger and the directory of the archive were marked alike,
 *     from 0
 * @param mark of this generation, which no other archive and no other generation has
 * @param previousMark the mark before it; empty in generation 0
 */
public record Stamp(String archiveId, long generation, String mark, String previousMark) {}
