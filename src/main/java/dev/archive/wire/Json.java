package dev.archive.wire;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Result;
import dev.archive.model.Text;
import dev.archive.wire.JournalMessages.ReceiptEntry;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.HistoryEvent;
import dev.archive.wire.Messages.HistoryHead;
import dev.archive.wire.Messages.StatusHead;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads and writes the JSON of the wire: UTF-8, snake_case, strict about what it knows. */
public final class Json {
  /**
   * Far deeper than {@link MetadataRules} let metadata in: those refuse it in words, and what an
   * older server let in can still be read.
   */
  private static final int MAX_NESTING = 1000;

  /** The longest answer about one thing, in bytes. */
  public static final long MAX_ANSWER_BYTES = 64 << 10;

  /** The longest error that is read, in bytes. */
  public static final long MAX_ERROR_BYTES = 256 << 10;

  /** The longest answer about many things that are held together, in bytes. */
  public static final long MAX_PAGE_BYTES = 20 << 20;

  /** The longest element of a list, in bytes: a path is at most 4 KiB, and may be told twice. */
  private static final long MAX_ELEMENT_BYTES = 64 << 10;

  /**
   * The longest batch without its files, in bytes: it may have a megabyte of metadata, and a list
   * of skipped files that came in a call of at most 8 MiB.
   */
  public static final long MAX_HEAD_BYTES = 12 << 20;

  private static final ObjectMapper MAPPER = mapper();

  /** For a text that is one value and nothing behind it. */
  private static final ObjectReader WHOLE =
      MAPPER.reader(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Json() {}

  private static ObjectMapper mapper() {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_NESTING)
                    .maxStringLength(MetadataRules.MAX_BYTES)
                    .maxNumberLength(MetadataRules.MAX_NUMBER_LENGTH)
                    .maxNameLength(MetadataRules.MAX_KEY_LENGTH)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    return JsonMapper.builder(factory)
        .addModule(
            new SimpleModule()
                .addDeserializer(String.class, new UnicodeDeserializer())
                .addDeserializer(RawJson.class, new RawJsonDeserializer())
                .addSerializer(new ResultSerializer()))
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .disable(SerializationFeature.FLUSH_AFTER_WRITE_VALUE)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT)
        .build();
  }

  /**
   * Takes texts and nothing else for a text, and none with an escape that is half a character:
   * nobody could store or send that.
   */
  private static final class UnicodeDeserializer extends StdScalarDeserializer<String> {
    private UnicodeDeserializer() {
      super(String.class);
    }

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (!parser.hasToken(JsonToken.VALUE_STRING)) {
        return (String) context.handleUnexpectedToken(String.class, parser);
      }
      String text = parser.getText();
      return Text.isUnicode(text)
          ? text
          : context.reportInputMismatch(String.class, JsonFaults.NOT_UNICODE);
    }
  }

  /** Writes what came of one of many as the answer, or the error, that it would have alone. */
  private static final class ResultSerializer extends StdSerializer<Result<?>> {
    private ResultSerializer() {
      super(Result.class, false);
    }

    @Override
    public void serialize(Result<?> result, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      provider.defaultSerializeValue(
          result.failure() == null ? result.value() : problem(result.failure()), out);
    }
  }

  /** An error as the wire has it: a sentence, its code, and what helps to act on it. */
  public static Map<String, Object> problem(ArchiveException failure) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("error", failure.getMessage());
    body.put("code", failure.code().name());
    if (!failure.details().isEmpty()) {
      body.put("details", failure.details());
      // Clients of the base API look for these beside the error.
      failure.details().forEach(body::putIfAbsent);
    }
    return body;
  }

  /**
   * One line of JSON that can be shown on a terminal: what a terminal may obey is escaped, as JSON
   * allows in every string. What spaces stand between the tokens of a {@link RawJson} become
   * blanks.
   */
  public static String text(Object value) {
    try {
      String json = MAPPER.writeValueAsString(value);
      return Text.escaped(json.replace('\n', ' ').replace('\r', ' ').replace('\t', ' '));
    } catch (JacksonException e) {
      throw new IllegalStateException("a message of ours that is no JSON", e);
    }
  }

  /** Writes messages one behind the other, with nothing between them. */
  static JsonGenerator lines(Writer out) {
    try {
      return MAPPER.createGenerator(out).setRootValueSeparator(null);
    } catch (IOException e) {
      throw new IllegalStateException("a text in memory cannot fail to be written", e);
    }
  }

  /** Writes a member, but not where its value is null. */
  static void writeIfPresent(JsonGenerator out, String name, @Nullable String value)
      throws IOException {
    if (value != null) {
      out.writeStringField(name, value);
    }
  }

  /** The UTF-8 bytes of a message. */
  public static byte[] bytes(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JacksonException e) {
      throw new IllegalStateException("a message of ours that is no JSON", e);
    }
  }

  /**
   * Reads a message: UTF-8, even if its first bytes look like something else.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST}, with what is wrong and where
   */
  public static <T> T read(byte[] body, Class<T> type) {
    String text = utf8(body);
    try {
      T value = readWhole(text, type);
      if (value == null) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST, "the body is null, not a JSON object");
      }
      return value;
    } catch (JacksonException e) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, JsonFaults.explain(e), e);
    }
  }

  /**
   * The text that these bytes are in UTF-8.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} where they are not
   */
  static String utf8(byte[] body) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(body))
          .toString();
    } catch (CharacterCodingException e) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, "the body is not UTF-8", e);
    }
  }

  /** Reads one text token by token. */
  static JsonParser parser(String text) throws IOException {
    return MAPPER.createParser(text);
  }

  private static <T> T readWhole(String text, Class<T> type) throws JacksonException {
    return WHOLE.forType(type).withAttribute(RawJsonDeserializer.TEXT, text).readValue(text);
  }

  /**
   * The members of an object in order, each value as JSON with the digits that it has there.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} where the text is no JSON object
   */
  public static Map<String, String> members(RawJson object) {
    Map<String, String> members = new LinkedHashMap<>();
    try (JsonParser parser = MAPPER.createParser(object.text())) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        StringWriter value = new StringWriter();
        JsonTokens.copy(parser, value);
        members.put(name, value.toString());
      }
      return members;
    } catch (JacksonException e) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, JsonFaults.explain(e), e);
    } catch (IOException e) {
      throw new IllegalStateException("a text in memory cannot fail to be read", e);
    }
  }

  /** The object with these members, whose values are JSON. */
  public static RawJson object(Map<String, String> members) {
    return new RawJson(
        members.entrySet().stream()
            .map(member -> text(member.getKey()) + ":" + member.getValue())
            .collect(Collectors.joining(",", "{", "}")));
  }

  /** Reads any JSON object as names and values. */
  @SuppressWarnings("unchecked")
  public static Map<String, Object> readObject(byte[] body) {
    return read(body, Map.class);
  }

  /**
   * Reads an answer.
   *
   * @param max the most bytes
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER}, with what is wrong and where
   */
  public static <T> T readAnswer(InputStream body, Class<T> type, long max) throws IOException {
    CharsetDecoder strict =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    try {
      T value =
          WHOLE
              .forType(type)
              .readValue(new InputStreamReader(new BoundedInputStream(body, max), strict));
      if (value == null) {
        throw new ArchiveException(ErrorCode.BAD_ANSWER, "its answer is null");
      }
      return value;
    } catch (JacksonException e) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER, "its answer cannot be read: " + JsonFaults.explain(e), e);
    } catch (CharacterCodingException e) {
      throw new ArchiveException(ErrorCode.BAD_ANSWER, "its answer is not UTF-8", e);
    }
  }

  /**
   * Reads the answer of a call about many files.
   *
   * @param type of an element that did not fail
   * @param max how many there are at the most
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it is no such answer
   */
  public static <T> Results<T> readResults(InputStream body, Class<T> type, int max)
      throws IOException {
    List<Result<T>> results = new ArrayList<>();
    ResultsHead head =
        readObject(
            "the results of the files",
            body,
            ResultsHead.class,
            new Elements<>("files", JsonNode.class, max, MAX_ELEMENT_BYTES),
            element -> results.add(result(element, type)));
    return new Results<>(results, head.version());
  }

  /** What stands beside the results. */
  private record ResultsHead(Long version) {}

  private static <T> Result<T> result(JsonNode element, Class<T> type) {
    try {
      return element.hasNonNull("error")
          ? Result.failed(failure(element))
          : Result.of(MAPPER.treeToValue(element, type));
    } catch (JacksonException e) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER, "the result of a file cannot be read: " + JsonFaults.explain(e), e);
    }
  }

  private static ArchiveException failure(JsonNode element) {
    ErrorCode code = ErrorCode.answered(element.path("code").asText());
    return new ArchiveException(
        code == null ? ErrorCode.INVALID_REQUEST : code,
        "the server answered: " + Text.brief(element.path("error").asText()));
  }

  /**
   * Reads the answer of {@code status} as a stream: each file goes to the consumer as it comes, so
   * that a batch of any size fits.
   *
   * @param max how many files it has at the most
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it is no such answer, or has more
   */
  public static StatusHead readStatus(InputStream body, long max, Consumer<FileStatus> files)
      throws IOException {
    return readObject(
        "the status of the batch",
        body,
        StatusHead.class,
        new Elements<>("files", FileStatus.class, max, MAX_ELEMENT_BYTES),
        files);
  }

  /**
   * Reads the answer of {@code history} as a stream, likewise.
   *
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it is no such answer, or has more
   */
  public static HistoryHead readHistory(InputStream body, long max, Consumer<HistoryEvent> events)
      throws IOException {
    return readObject(
        "the history of the batch",
        body,
        HistoryHead.class,
        new Elements<>("events", HistoryEvent.class, max, MAX_ELEMENT_BYTES),
        events);
  }

  /**
   * Reads the list of batches as a stream, likewise.
   *
   * @return the id to ask after for more, or null
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it is no such answer
   */
  public static @Nullable String readBatches(InputStream body, Consumer<StatusHead> batches)
      throws IOException {
    return readObject(
            "the list of batches",
            body,
            ListHead.class,
            new Elements<>("batches", StatusHead.class, Long.MAX_VALUE, MAX_HEAD_BYTES),
            batches)
        .next();
  }

  /** What stands beside the batches. */
  private record ListHead(String next) {}

  /**
   * Reads a receipt with its files as a stream, likewise; gives it without them.
   *
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it is not one
   */
  @SuppressWarnings("unchecked")
  public static Map<String, Object> readReceipt(
      InputStream document, Consumer<ReceiptEntry> entries) throws IOException {
    return readObject(
        "the receipt",
        document,
        Map.class,
        new Elements<>("entries", ReceiptEntry.class, Long.MAX_VALUE, MAX_ELEMENT_BYTES),
        entries);
  }

  /**
   * The array of an object that is too long to be held.
   *
   * @param max the most elements
   * @param maxBytes of one element
   */
  private record Elements<E>(String name, Class<E> type, long max, long maxBytes) {}

  private static <H, E> H readObject(
      String what, InputStream body, Class<H> headType, Elements<E> elements, Consumer<E> consumer)
      throws IOException {
    BoundedInputStream bounded = new BoundedInputStream(body, MAX_HEAD_BYTES);
    StringWriter head = new StringWriter();
    boolean found = false;
    try (JsonParser parser = MAPPER.createParser(bounded);
        JsonGenerator copy = MAPPER.createGenerator(head)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new ArchiveException(ErrorCode.BAD_ANSWER, what + " is not a JSON object");
      }
      copy.writeStartObject();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals(elements.name) && value == JsonToken.START_ARRAY) {
          found = true;
          long left = bounded.left();
          readElements(what, parser, bounded, elements, consumer);
          bounded.allow(left);
        } else {
          copy.writeFieldName(name);
          JsonTokens.copy(parser, copy);
        }
      }
      copy.writeEndObject();
      if (parser.nextToken() != null) {
        throw new ArchiveException(ErrorCode.BAD_ANSWER, "text follows " + what);
      }
    } catch (JacksonException e) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER, what + " cannot be read: " + JsonFaults.explain(e), e);
    }
    if (!found) {
      throw new ArchiveException(ErrorCode.BAD_ANSWER, what + " has no " + elements.name);
    }
    try {
      return readWhole(head.toString(), headType);
    } catch (JacksonException e) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER, what + " cannot be read: " + JsonFaults.explain(e), e);
    }
  }

  private static <E> void readElements(
      String what,
      JsonParser parser,
      BoundedInputStream bounded,
      Elements<E> elements,
      Consumer<E> consumer)
      throws IOException {
    for (long count = 0; ; count++) {
      bounded.allow(elements.maxBytes);
      JsonToken token = parser.nextToken();
      if (token == JsonToken.END_ARRAY) {
        return;
      }
      if (token != JsonToken.START_OBJECT) {
        throw new ArchiveException(
            ErrorCode.BAD_ANSWER,
            "an element of " + elements.name + " in " + what + " is not an object");
      }
      if (count == elements.max) {
        throw new ArchiveException(
            ErrorCode.BAD_ANSWER,
            what + " has more than the " + elements.max + " " + elements.name + " it can have");
      }
      consumer.accept(MAPPER.readValue(parser, elements.type));
    }
  }

  /** The same for a document that people read: each field and each element on its own line. */
  public static JsonObjectWriter writeDocument(OutputStream out, Object head, String array)
      throws IOException {
    return new JsonObjectWriter(MAPPER, out, head, array, new DocumentLines());
  }

  /**
   * Starts an object that ends in a long array: the fields of the head now, elements as they are
   * added.
   */
  public static JsonObjectWriter writeObject(OutputStream out, Object head, String array)
      throws IOException {
    return new JsonObjectWriter(MAPPER, out, head, array, null);
  }
}
