package dev.archive.testing;

import java.util.Locale;

/**
 * A place in a message: how many of its bytes pass before the fault acts. The head counts, except
 * for {@link Action.Flip}, whose places are counted in the body.
 */
public sealed interface Offset {

  /** After so many bytes; a message that is shorter is left alone. */
  record At(long bytes) implements Offset {
    public At {
      if (bytes < 0) {
        throw new IllegalArgumentException("bytes");
      }
    }

    @Override
    public String toString() {
      return Long.toString(bytes);
    }
  }

  /** After the head and so many bytes of the body. */
  record Body(long bytes) implements Offset {
    public Body {
      if (bytes < 0) {
        throw new IllegalArgumentException("bytes");
      }
    }

    @Override
    public String toString() {
      return "body+" + bytes;
    }
  }

  /** Before the last byte. */
  record Last() implements Offset {
    @Override
    public String toString() {
      return "last";
    }
  }

  /** After the last byte. */
  record End() implements Offset {
    @Override
    public String toString() {
      return "end";
    }
  }

  /** At a place drawn from the proxy's seed when the rule fires. */
  record Random() implements Offset {
    @Override
    public String toString() {
      return "random";
    }
  }

  /** At this fraction (0 to 1, exclusive) of the message; what {@link Random} turns into. */
  record Fraction(double of) implements Offset {
    public Fraction {
      if (!(of >= 0 && of < 1)) {
        throw new IllegalArgumentException("of");
      }
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "~%.6f", of);
    }
  }

  /** Returns the place after {@code bytes} bytes of the message. */
  static Offset at(long bytes) {
    return new At(bytes);
  }

  /** Returns the place after the head and {@code bytes} bytes of the body. */
  static Offset body(long bytes) {
    return new Body(bytes);
  }

  /** Returns the place between head and body. */
  static Offset headEnd() {
    return new Body(0);
  }

  /** Returns the place before the last byte. */
  static Offset lastByte() {
    return new Last();
  }

  /** Returns the place after the last byte. */
  static Offset end() {
    return new End();
  }

  /** Returns a place to be drawn from the seed. */
  static Offset random() {
    return new Random();
  }
}
