package dev.archive.testing;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** What the proxy does to a request or its answer. {@link Rule} has a factory for each. */
public sealed interface Action {

  /** The name of an action, used for counting. */
  enum Kind {
    RST,
    FIN,
    STALL,
    RATE,
    SLICE,
    FLIP,
    TRUNC,
    DROP_RESPONSE,
    DUP,
    HOLD,
    REPLY,
    GARBAGE
  }

  /** Returns the name under which this action is counted. */
  Kind kind();

  /** Resets both connections. */
  record Rst() implements Action {
    @Override
    public Kind kind() {
      return Kind.RST;
    }
  }

  /** Closes both connections in the ordinary way. */
  record Fin() implements Action {
    @Override
    public Kind kind() {
      return Kind.FIN;
    }
  }

  /** Stops forwarding until released; of itself after {@code millis} unless that is 0. */
  record Stall(long millis) implements Action {
    public Stall {
      require(millis >= 0, "millis");
    }

    @Override
    public Kind kind() {
      return Kind.STALL;
    }
  }

  /** Forwards at most so many bytes a second. */
  record Rate(long bytesPerSecond) implements Action {
    public Rate {
      require(bytesPerSecond > 0, "bytesPerSecond");
    }

    @Override
    public Kind kind() {
      return Kind.RATE;
    }
  }

  /** Forwards one byte a write. */
  record Slice() implements Action {
    @Override
    public Kind kind() {
      return Kind.SLICE;
    }
  }

  /** Inverts one bit (0 is the lowest) of one byte of the body. */
  record Flip(int bit) implements Action {
    public Flip {
      require(bit >= 0 && bit < 8, "bit");
    }

    @Override
    public Kind kind() {
      return Kind.FLIP;
    }
  }

  /** Ends the message early; a cut request is still answered, the rest of it is thrown away. */
  record Trunc() implements Action {
    @Override
    public Kind kind() {
      return Kind.TRUNC;
    }
  }

  /** Reads upstream's whole answer, then resets the client. */
  record DropResponse() implements Action {
    @Override
    public Kind kind() {
      return Kind.DROP_RESPONSE;
    }
  }

  /** Delivers the request twice, one after the other, and gives the client the second answer. */
  record Dup() implements Action {
    @Override
    public Kind kind() {
      return Kind.DUP;
    }
  }

  /**
   * Keeps the request back until upstream has answered {@code others} other requests.
   *
   * @param regex which others count, over "METHOD target"; empty for those the rule's own matches
   * @param maxMillis lets the request go after this time at the latest, 0 for never
   */
  record Hold(int others, String regex, long maxMillis) implements Action {
    public Hold {
      require(others > 0, "others");
      require(maxMillis >= 0, "maxMillis");
      Objects.requireNonNull(regex);
    }

    @Override
    public Kind kind() {
      return Kind.HOLD;
    }
  }

  /** Answers without asking upstream. {@code Content-Length} is added unless given. */
  record Reply(int status, Map<String, String> headers, String body) implements Action {
    public Reply {
      require(status >= 200 && status <= 999, "status");
      headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
      Objects.requireNonNull(body);
    }

    @Override
    public Kind kind() {
      return Kind.REPLY;
    }
  }

  /** Lets upstream answer, sends so many random bytes instead, and closes. */
  record Garbage(int bytes) implements Action {
    public Garbage {
      require(bytes > 0, "bytes");
    }

    @Override
    public Kind kind() {
      return Kind.GARBAGE;
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException(what);
    }
  }
}
