package dev.archive.client.state;

import dev.archive.model.Entry;
import dev.archive.model.Receipt;
import java.util.List;

/**
 * All that a receipt says, in any form.
 *
 * @param entries what the batch holds, in the order of paths
 * @param skipped why files are not in it, one sentence each
 * @param outdated of which files it holds what they were earlier, one sentence each
 */
public record ReceiptContent(
    Receipt receipt,
    List<Entry> entries,
    List<String> skipped,
    List<String> outdated,
    Account account,
    RunRecord record) {}
