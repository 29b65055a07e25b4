package dev.archive.client.run;

import dev.archive.client.plan.Failure;
import dev.archive.client.state.RunRecord;
import dev.archive.model.Entry;
import dev.archive.model.Receipt;
import java.util.List;

/**
 * How a run ended.
 *
 * @param receipt null where nothing was finalized; beside failures it is that of a batch without
 *     them
 * @param entries what the batch holds, in the order of paths; empty without a receipt
 * @param failures the files that could not be archived
 * @param outdated the files of which the batch holds what they were when an interrupted run sent
 *     them: they have changed, or are gone, since
 * @param record what a receipt tells of the run
 * @param alreadyDone whether an earlier run had archived all this, and nothing was sent
 */
public record RunReport(
    Receipt receipt,
    List<Entry> entries,
    List<Failure> failures,
    List<Failure> outdated,
    RunRecord record,
    boolean alreadyDone) {}
