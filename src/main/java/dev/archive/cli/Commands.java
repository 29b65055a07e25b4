package dev.archive.cli;

import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Makes the commands, each with the context it needs. */
final class Commands implements IFactory {
  private final Context context;

  Commands(Context context) {
    this.context = context;
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    if (type == UploadCommand.class) {
      return type.cast(new UploadCommand(context));
    }
    if (type == ResumeCommand.class) {
      return type.cast(new ResumeCommand(context));
    }
    if (type == StatusCommand.class) {
      return type.cast(new StatusCommand(context));
    }
    if (type == VerifyCommand.class) {
      return type.cast(new VerifyCommand(context));
    }
    if (type == AuditCommand.class) {
      return type.cast(new AuditCommand(context));
    }
    if (type == ListCommand.class) {
      return type.cast(new ListCommand(context));
    }
    if (type == HistoryCommand.class) {
      return type.cast(new HistoryCommand(context));
    }
    if (type == AbortCommand.class) {
      return type.cast(new AbortCommand(context));
    }
    if (type == ReceiptsCommand.class) {
      return type.cast(new ReceiptsCommand(context));
    }
    if (type == ReceiptCommand.class) {
      return type.cast(new ReceiptCommand(context));
    }
    if (type == ServeCommand.class) {
      return type.cast(new ServeCommand(context));
    }
    if (type == CompletionCommand.class) {
      return type.cast(new CompletionCommand(context));
    }
    return CommandLine.defaultFactory().create(type);
  }
}
