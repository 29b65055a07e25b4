package dev.archive.cli.option;

import dev.archive.cli.process.Context;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option names of the existing client that this program does not share. */
public final class ExistingClientOptions {
  private static final String ORIGIN = "0".repeat(26);

  @Option(names = "--worker-url", hidden = true)
  private @Nullable String workerUrl;

  @Option(names = "--parent-pi", hidden = true)
  private @Nullable String parentPi;

  @Option(names = "--convert-tiff", hidden = true)
  private @Nullable String convertTiff;

  @Option(names = "--tiff-quality", hidden = true)
  private @Nullable String tiffQuality;

  @Option(names = "--preprocess-dir", hidden = true)
  private @Nullable String preprocessDir;

  @Option(names = "--resume", hidden = true)
  private boolean resume;

  @Option(names = "--debug", hidden = true)
  private boolean debug;

  /** The URL of the server under its old name, or null. */
  public @Nullable String workerUrl() {
    return workerUrl;
  }

  /**
   * Says in one line what the old names mean here.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where what was asked for would not be done
   */
  public void check(Context context) {
    if (parentPi != null && !parentPi.equals(ORIGIN)) {
      throw unsupported("--parent-pi is not supported", "say it in --metadata, and leave it out");
    }
    if (convertTiff != null && !convertTiff.equals("none")) {
      throw unsupported(
          "--convert-tiff " + convertTiff + " is not supported: files are archived as they are",
          "convert them first, or say --convert-tiff none");
    }
    List<String> meant = new ArrayList<>();
    add(meant, workerUrl != null, "--worker-url is --server");
    add(meant, parentPi != null, "--parent-pi is always the origin");
    add(meant, convertTiff != null, "--convert-tiff none is always so");
    add(meant, tiffQuality != null, "--tiff-quality is ignored");
    add(meant, preprocessDir != null, "--preprocess-dir is ignored");
    add(meant, resume, "--resume is always so");
    add(meant, debug, "--debug is --stacktrace");
    if (!meant.isEmpty()) {
      context.complain("options of the existing client are read: " + String.join(", ", meant));
    }
  }

  private static void add(List<String> meant, boolean given, String what) {
    if (given) {
      meant.add(what);
    }
  }

  private static ArchiveException unsupported(String what, String next) {
    return new ArchiveException(ErrorCode.USAGE, what + "; nothing was done; " + next);
  }
}
