package dev.archive.server.http;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Sample;
import java.util.List;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Fields;

/** The parameters in a request's query. */
final class Query {
  private final Fields fields;

  private Query(Fields fields) {
    this.fields = fields;
  }

  static Query of(Request request) {
    return new Query(Request.extractQueryParameters(request));
  }

  /**
   * The value of a parameter, or null.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} where it is given more than once:
   *     one who looked at the other value would have meant another request
   */
  String text(String name) {
    List<String> values = texts(name);
    if (values.size() > 1) {
      throw invalid(name + " is given more than once");
    }
    return values.isEmpty() ? null : values.get(0);
  }

  /** All values of a parameter. */
  List<String> texts(String name) {
    return fields.getValuesOrEmpty(name);
  }

  /**
   * A parameter that is a number from 0 on.
   *
   * @return null where it is not given
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} where it is no such number
   */
  Long number(String name, long max) {
    return inRange(name, 0, max);
  }

  private Long inRange(String name, long min, long max) {
    String text = text(name);
    if (text == null) {
      return null;
    }
    long number = text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
    if (number >= min && number <= max) {
      return number;
    }
    throw invalid(name + " is not a number from " + min + " to " + max);
  }

  /** The same, {@code otherwise} where it is not given. */
  long number(String name, long max, long otherwise) {
    Long number = number(name, max);
    return number == null ? otherwise : number;
  }

  /** How many items are asked for: from 1 on, {@code otherwise} where nobody says. */
  int limit(int max, int otherwise) {
    Long limit = inRange("limit", 1, max);
    return limit == null ? otherwise : limit.intValue();
  }

  /** Which part of the bytes is asked for. */
  Sample sample() {
    String percent = text("sample");
    if (percent == null) {
      return Sample.ALL;
    }
    if (!percent.matches("[0-9]{1,3}(\\.[0-9]{1,9})?")) {
      throw invalid("sample is not a percentage");
    }
    return new Sample(Double.parseDouble(percent), number("seed", Long.MAX_VALUE, 0));
  }

  private static ArchiveException invalid(String message) {
    return new ArchiveException(ErrorCode.INVALID_REQUEST, message);
  }
}
