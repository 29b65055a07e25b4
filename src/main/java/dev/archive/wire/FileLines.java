package dev.archive.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.archive.wire.JournalMessages.PlannedFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes what a journal says of single files, of which there may be a million: token by
 * token, in a third of the time that it takes to fill records by their names.
 */
public final class FileLines {
  private static final JsonFactory FACTORY = new JsonFactory();

  private FileLines() {}

  /** Makes such lines, all with one generator. For one thread. */
  public static final class Writer {
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    private final JsonGenerator out;

    public Writer() {
      try {
        out = FACTORY.createGenerator(line).setRootValueSeparator(null);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    /** The text of a line that is about a file of the plan. */
    public byte[] file(PlannedFile file) throws IOException {
      return line("file", file);
    }

    /** The text of a line that is about a file that the server proved to hold. */
    public byte[] proved(PlannedFile file) throws IOException {
      return line("proved", file);
    }

    private byte[] line(String kind, PlannedFile file) throws IOException {
      line.reset();
      out.writeStartObject();
      out.writeObjectFieldStart(kind);
      out.writeStringField("path", file.path());
      out.writeNumberField("size", file.size());
      out.writeStringField("modified", file.modified());
      out.writeStringField("key", file.key());
      Json.writeIfPresent(out, "changed", file.changed());
      if (file.young() != null) {
        out.writeBooleanField("young", file.young());
      }
      Json.writeIfPresent(out, "sha256", file.sha256());
      out.writeEndObject();
      out.writeEndObject();
      out.flush();
      return line.toByteArray();
    }
  }

  /**
   * The file that a line is about.
   *
   * @param from where its text begins
   * @return null where it is another line, or not quite one that this program writes
   */
  public static @Nullable PlannedFile read(byte[] line, int from) {
    try (JsonParser in = FACTORY.createParser(line, from, line.length - from)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      String kind = in.nextFieldName();
      if (!"file".equals(kind) && !"proved".equals(kind)
          || in.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      PlannedFile file = members(in);
      return file != null && in.nextToken() == JsonToken.END_OBJECT && in.nextToken() == null
          ? file
          : null;
    } catch (IOException e) {
      return null;
    }
  }

  private static @Nullable PlannedFile members(JsonParser in) throws IOException {
    String path = null;
    long size = -1;
    String modified = null;
    String key = null;
    String changed = null;
    Boolean young = null;
    String sha256 = null;
    for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
      JsonToken value = in.nextToken();
      if (name.equals("size") && value == JsonToken.VALUE_NUMBER_INT) {
        size = in.getLongValue();
      } else if (name.equals("young") && value == JsonToken.VALUE_TRUE) {
        young = true;
      } else if (value != JsonToken.VALUE_STRING) {
        return null;
      } else {
        switch (name) {
          case "path" -> path = in.getText();
          case "modified" -> modified = in.getText();
          case "key" -> key = in.getText();
          case "changed" -> changed = in.getText();
          case "sha256" -> sha256 = in.getText();
          default -> {
            return null;
          }
        }
      }
    }
    return path == null || size < 0 || modified == null || key == null
        ? null
        : new PlannedFile(path, size, modified, key, changed, young, sha256);
  }
}
