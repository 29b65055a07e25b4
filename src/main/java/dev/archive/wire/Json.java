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
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Reads and writes the JSON of the wire: UTF-8, snake_case, strict about what it knows. */
public final class Json {
  /**
   * Far deeper than {@link MetadataRules} let metadata in: those refuse it in words, and what an
   * older server let in can still be read.
   */
  private static final int MAX_NESTING = 1000;

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

  /** One line of JSON: line ends between the tokens of a {@link RawJson} become spaces. */
  public static String text(Object value) {
    try {
      return MAPPER.writeValueAsString(value).replace('\n', ' ').replace('\r', ' ');
    } catch (JacksonException e) {
      throw new IllegalStateException("a message of ours that is no JSON", e);
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
   * Reads a message: UTF-8, whatever else its first bytes look like.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST}, with what is wrong and where
   */
  public static <T> T read(byte[] body, Class<T> type) {
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(body))
              .toString();
      T value = readWhole(text, type);
      if (value == null) {
        throw new ArchiveException(
            ErrorCode.INVALID_REQUEST, "the body is null, not a JSON object");
      }
      return value;
    } catch (JacksonException e) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, JsonFaults.explain(e), e);
    } catch (CharacterCodingException e) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, "the body is not UTF-8", e);
    }
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
   * Reads the answer of a call about many files.
   *
   * @param type of an element that did not fail
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it is no such answer
   */
  public static <T> Results<T> readResults(byte[] body, Class<T> type) {
    try {
      JsonNode answer = MAPPER.readTree(body);
      if (!answer.path("files").isArray()) {
        throw new ArchiveException(ErrorCode.BAD_ANSWER, "the answer has no list of files");
      }
      List<Result<T>> results = new ArrayList<>();
      for (JsonNode element : answer.path("files")) {
        results.add(
            element.hasNonNull("error")
                ? Result.failed(failure(element))
                : Result.of(MAPPER.treeToValue(element, type)));
      }
      JsonNode version = answer.path("version");
      return new Results<>(results, version.isIntegralNumber() ? version.longValue() : null);
    } catch (IOException e) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER, "the results of the files cannot be read", e);
    }
  }

  private static ArchiveException failure(JsonNode element) {
    ErrorCode code = ErrorCode.answered(element.path("code").asText());
    return new ArchiveException(
        code == null ? ErrorCode.INVALID_REQUEST : code,
        "the server answered: " + Text.printable(element.path("error").asText()));
  }

  /**
   * Reads the answer of {@code status} as a stream: each file goes to the consumer as it comes, so
   * that a batch of any size fits.
   *
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it is no such answer
   */
  public static StatusHead readStatus(InputStream body, Consumer<FileStatus> files)
      throws IOException {
    return readObject(
        "the status of the batch", body, StatusHead.class, "files", FileStatus.class, files);
  }

  /**
   * Reads the answer of {@code history} as a stream, likewise.
   *
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it is no such answer
   */
  public static HistoryHead readHistory(InputStream body, Consumer<HistoryEvent> events)
      throws IOException {
    return readObject(
        "the history of the batch", body, HistoryHead.class, "events", HistoryEvent.class, events);
  }

  /**
   * Reads a receipt with its files as a stream, likewise; gives it without them.
   *
   * @throws ArchiveException {@link ErrorCode#BAD_ANSWER} where it is none
   */
  @SuppressWarnings("unchecked")
  public static Map<String, Object> readReceipt(
      InputStream document, Consumer<ReceiptEntry> entries) throws IOException {
    return readObject("the receipt", document, Map.class, "entries", ReceiptEntry.class, entries);
  }

  private static <H, E> H readObject(
      String what,
      InputStream body,
      Class<H> headType,
      String array,
      Class<E> elementType,
      Consumer<E> elements)
      throws IOException {
    try (JsonParser parser = MAPPER.createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new ArchiveException(ErrorCode.BAD_ANSWER, what + " is not a JSON object");
      }
      StringWriter text = new StringWriter();
      JsonGenerator head = MAPPER.createGenerator(text);
      head.writeStartObject();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals(array) && value == JsonToken.START_ARRAY) {
          while (parser.nextToken() == JsonToken.START_OBJECT) {
            elements.accept(MAPPER.readValue(parser, elementType));
          }
        } else {
          head.writeFieldName(name);
          JsonTokens.copy(parser, head);
        }
      }
      if (parser.nextToken() != null) {
        throw new ArchiveException(ErrorCode.BAD_ANSWER, "text follows " + what);
      }
      head.writeEndObject();
      head.close();
      return readWhole(text.toString(), headType);
    } catch (JacksonException e) {
      throw new ArchiveException(
          ErrorCode.BAD_ANSWER, what + " cannot be read: " + JsonFaults.explain(e), e);
    }
  }

  /**
   * Starts an object that ends in a long array: the fields of the head now, elements as they are
   * added.
   */
  public static JsonObjectWriter writeObject(OutputStream out, Object head, String array)
      throws IOException {
    return new JsonObjectWriter(MAPPER, out, head, array);
  }
}
