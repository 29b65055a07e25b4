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

  /** The value of a parameter, or null. */
  String text(String name) {
    return fields.getValue(name);
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
    String text = text(name);
    if (text == null) {
      return null;
    }
    if (text.matches("[0-9]{1,18}") && Long.parseLong(text) <= max) {
      return Long.parseLong(text);
    }
    throw invalid(name + " is not a number from 0 to " + max);
  }

  /** The same, {@code otherwise} where it is not given. */
  long number(String name, long max, long otherwise) {
    Long number = number(name, max);
    return number == null ? otherwise : number;
  }

  /** How many items are asked for: from 1 on, {@code otherwise} where nobody says. */
  int limit(int max, int otherwise) {
    long limit = number("limit", max, otherwise);
    if (limit == 0) {
      throw invalid("limit is not a number from 1 to " + max);
    }
    return (int) limit;
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
