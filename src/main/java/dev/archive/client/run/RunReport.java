package dev.archive.client.run;

import dev.archive.client.plan.Failure;
import dev.archive.client.state.Account;
import dev.archive.client.state.NotArchived;
import dev.archive.client.state.ReceiptContent;
import dev.archive.client.state.ReceiptDocument;
import dev.archive.client.state.RunRecord;
import dev.archive.model.Entry;
import dev.archive.model.Receipt;
import java.io.IOException;
import java.io.OutputStream;
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
 * @param account what became of all that was found
 * @param notArchived the names that were to be archived and are not
 * @param record what a receipt tells of the run
 * @param alreadyDone whether an earlier run had archived all this, and nothing was sent
 */
public record RunReport(
    Receipt receipt,
    List<Entry> entries,
    List<Failure> failures,
    List<Failure> outdated,
    Account account,
    List<NotArchived> notArchived,
    RunRecord record,
    boolean alreadyDone) {

  /** The same as the run that archived the batch would tell it: what is held was archived. */
  RunReport ofTheBatch() {
    Account.Amount all =
        account.archived().plus(account.alreadyHeld().files(), account.alreadyHeld().bytes());
    Account whole =
        new Account(
            account.found(),
            all,
            Account.Amount.NONE,
            account.excluded(),
            account.recorded(),
            account.notArchivable(),
            account.failed());
    return new RunReport(
        receipt, entries, failures, outdated, whole, notArchived, record, alreadyDone);
  }

  /** What the receipt says. */
  public ReceiptContent content() {
    return new ReceiptContent(
        receipt, entries, reasons(failures), reasons(outdated), account, record);
  }

  private static List<String> reasons(List<Failure> failures) {
    return failures.stream().map(Failure::reason).toList();
  }

  /** Writes the receipt as a document with every file. */
  public void writeReceipt(OutputStream out) throws IOException {
    ReceiptDocument.write(content(), out);
  }
}
