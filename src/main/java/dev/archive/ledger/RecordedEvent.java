package dev.archive.ledger;

import dev.archive.model.Event;
import dev.archive.model.Sha256;

/**
 * An event as it stands in the ledger.
 *
 * @param hash that was written beside it, by which it is chained to the event before
 */
public record RecordedEvent(Event event, Sha256 hash) {}
