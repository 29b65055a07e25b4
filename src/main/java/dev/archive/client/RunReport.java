package dev.archive.client;

import dev.archive.model.Entry;
import dev.archive.model.ErrorCode;
import dev.archive.model.Receipt;
import java.util.List;

/**
 * How a run ended.
 *
 * @param receipt null where nothing was finalized
 * @param entries what the batch holds, in the order of paths; empty without a receipt
 * @param failures the codes of files that could not be archived; each was told as a problem
 * @param alreadyDone whether an earlier run had archived all this, and nothing was sent
 */
public record RunReport(
    Receipt receipt, List<Entry> entries, List<ErrorCode> failures, boolean alreadyDone) {}
