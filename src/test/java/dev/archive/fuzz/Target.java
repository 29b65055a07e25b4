package dev.archive.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.archive.bagit.BagReader;
import dev.archive.client.state.JournalFuzz;
import dev.archive.model.AddressRange;
import dev.archive.model.ArchiveException;
import dev.archive.model.Attributes;
import dev.archive.model.BatchId;
import dev.archive.model.IsoTime;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.model.Text;
import dev.archive.model.VersionCondition;
import dev.archive.server.audit.AuditCursor;
import dev.archive.server.http.HeadersFuzz;
import dev.archive.source.IgnoreFuzz;
import dev.archive.wire.AttributeLines;
import dev.archive.wire.Json;
import dev.archive.wire.Messages;
import dev.archive.wire.TarFiles;
import dev.archive.wire.TarFuzz;
import dev.archive.wire.Toml;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The readers of what strangers write, each for bytes of any kind. What is no such text is refused
 * by an {@link ArchiveException}, an {@link IOException} or a {@link DateTimeException}; anything
 * else that is thrown is a finding.
 */
public enum Target {
  /** Bodies of requests; the first byte says of which. */
  REQUESTS {
    @Override
    void read(byte[] bytes) {
      if (bytes.length > 0) {
        Class<?> type = REQUESTED.get((bytes[0] & 0xff) % REQUESTED.size());
        Json.read(Arrays.copyOfRange(bytes, 1, bytes.length), type);
      }
    }
  },

  /** Answers of servers; the first byte says to what. */
  ANSWERS {
    @Override
    void read(byte[] bytes) throws IOException {
      if (bytes.length == 0) {
        return;
      }
      InputStream body = new ByteArrayInputStream(bytes, 1, bytes.length - 1);
      switch ((bytes[0] & 0xff) % 7) {
        case 0 -> Json.readStatus(body, 1000, each -> {});
        case 1 -> Json.readHistory(body, 1000, each -> {});
        case 2 -> Json.readBatches(body, each -> {});
        case 3 -> Json.readReceipt(body, each -> {});
        case 4 -> Json.readResults(body, Messages.StartAnswer.class, 1000);
        case 5 -> Json.readAnswer(body, Messages.FinalizeAnswer.class, 1 << 20);
        default -> Json.readAnswer(body, Messages.Service.class, 1 << 20);
      }
    }
  },

  /** The document of attributes: what is read is written as the same, and read again. */
  ATTRIBUTES {
    @Override
    void read(byte[] bytes) {
      List<Attributes> names = new ArrayList<>();
      AttributeLines.read(bytes, names::add);
      AttributeLines.Writer writer = new AttributeLines.Writer();
      for (Attributes each : names) {
        AttributeLines.read(
            writer.line(each), again -> require(each.equals(again), each + " is " + again));
      }
    }
  },

  /** Bundles, by our own reader of tars and by the library's. */
  BUNDLES {
    @Override
    void read(byte[] bytes) throws IOException {
      TarFuzz.compare(bytes);
    }
  },

  /** Tars that any program made. */
  TARS {
    @Override
    void read(byte[] bytes) throws IOException {
      TarFiles.read(new ByteArrayInputStream(bytes), 1 << 16, 100, (path, content) -> {});
    }
  },

  /** Paths: each is written into a manifest and read from it as it was. */
  PATHS {
    @Override
    void read(byte[] bytes) {
      String text = new String(bytes, UTF_8);
      LogicalPath path = LogicalPath.parse(text);
      require(path.toString().equals(text), text + " is " + path);
      String line =
          Sha256.of(bytes).hex()
              + "  data"
              + text.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D");
      require(BagReader.manifestLine(line).path().equals(path), line);
    }
  },

  /** The files of a bag. */
  BAGS {
    @Override
    void read(byte[] bytes) {
      String text = new String(bytes, UTF_8);
      BagReader.fields(text);
      BagReader.tagDigests(text);
      text.lines().forEach(BagReader::manifestLine);
    }
  },

  /** Journals of runs. */
  JOURNALS {
    @Override
    void read(byte[] bytes) throws IOException {
      JournalFuzz.read(directory("journal").resolve("journal"), bytes);
    }
  },

  /** Upload URLs with a good signature. */
  UPLOAD_URLS {
    @Override
    void read(byte[] bytes) throws IOException {
      HeadersFuzz.upload(directory("signing.key"), new String(bytes, UTF_8));
    }
  },

  /** Header fields and parameters; the first byte says which. */
  FIELDS {
    @Override
    void read(byte[] bytes) {
      if (bytes.length == 0) {
        return;
      }
      String text = new String(bytes, 1, bytes.length - 1, UTF_8);
      switch ((bytes[0] & 0xff) % 8) {
        case 0 -> HeadersFuzz.range(text, 1000);
        case 1 -> HeadersFuzz.range(text, 0);
        case 2 -> {
          Sha256 digest = Sha256.parseDigestField(text);
          require(digest == null || digest.bytes().length == 32, text);
        }
        case 3 -> VersionCondition.parse(List.of(text));
        case 4 -> AuditCursor.parse(text);
        case 5 -> AddressRange.parse(text);
        case 6 -> BatchId.parse(text);
        default -> require(IsoTime.parse(IsoTime.text(IsoTime.parse(text))) != null, text);
      }
    }
  },

  /** Settings files. */
  SETTINGS {
    @Override
    void read(byte[] bytes) {
      Toml.read(new String(bytes, UTF_8));
    }
  },

  /** A rule of an ignore file, and a path below it. */
  IGNORE_RULES {
    @Override
    void read(byte[] bytes) {
      String text = new String(bytes, UTF_8);
      int end = text.indexOf('\n');
      if (end >= 0) {
        IgnoreFuzz.matches(text.substring(0, end), text.substring(end + 1));
      }
    }
  },

  /** What is printed on a terminal holds no control character. */
  PRINTED {
    @Override
    void read(byte[] bytes) {
      String shown = Text.printable(new String(bytes, UTF_8));
      require(shown.chars().noneMatch(Character::isISOControl), shown);
    }
  };

  private static final List<Class<?>> REQUESTED =
      List.of(
          Messages.InitRequest.class,
          Messages.BulkStartRequest.class,
          Messages.BulkCompleteRequest.class,
          Messages.PartsRequest.class,
          Messages.ForgetRequest.class,
          Messages.FinalizeRequest.class,
          Messages.StartRequest.class);

  private static Path directory;

  /**
   * Reads bytes of any kind.
   *
   * @throws ArchiveException where they are refused
   * @throws IOException likewise
   * @throws DateTimeException likewise
   */
  abstract void read(byte[] bytes) throws IOException;

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  /** A directory for one file, both of which end with this process. */
  private static synchronized Path directory(String file) throws IOException {
    if (directory == null) {
      directory = Files.createTempDirectory("fuzz");
      directory.toFile().deleteOnExit();
    }
    if (Files.notExists(directory.resolve(file))) {
      directory.resolve(file).toFile().deleteOnExit();
    }
    return directory;
  }

  /** Reads bytes, and lets pass what refuses them. */
  void accept(byte[] bytes) {
    try {
      read(bytes);
    } catch (ArchiveException | IOException | DateTimeException e) {
      // Refused, as it may be.
    }
  }
}
