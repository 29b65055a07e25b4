package dev.archive.source;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A pattern of gitignore as git matches it: byte by byte in UTF-8, so that {@code ?} is one byte.
 * It is run as a set of states, in time proportional to the text times the pattern: a pattern from
 * a stranger's file cannot make it try for hours, as a regular expression can.
 */
final class Glob {
  private static final byte[] NOTHING = {};

  private final List<Token> tokens = new ArrayList<>();
  private final boolean slashes;
  private byte[] pattern;
  private boolean broken;

  private enum Kind {
    /** One of some bytes. */
    ONE_OF,
    /** Any bytes but slashes. */
    STAR,
    /** Any bytes. */
    ALL,
    /** Nothing, or any bytes and a slash. */
    DIRECTORIES
  }

  private static final BitSet NO_BYTES = new BitSet();

  private record Token(Kind kind, BitSet bytes) {}

  /**
   * Reads a pattern.
   *
   * @param pattern in UTF-8
   * @param slashes whether a star matches slashes as well
   */
  Glob(byte[] pattern, boolean slashes) {
    this.pattern = pattern;
    this.slashes = slashes;
    int at = 0;
    while (at < pattern.length && !broken) {
      at = token(at);
    }
    this.pattern = NOTHING;
  }

  /** Reads the token at a place; where the next one is. */
  private int token(int at) {
    switch (pattern[at]) {
      case '*':
        return stars(at);
      case '?':
        BitSet any = new BitSet();
        any.set(0, 256);
        return one(any, at + 1);
      case '[':
        BitSet set = new BitSet();
        int end = new GlobClass(pattern, set).read(at + 1);
        broken = end < 0;
        return one(set, end);
      case '\\':
        // One at the end escapes nothing, and matches nothing.
        broken = at + 1 == pattern.length;
        return broken ? at : one(single(pattern[at + 1]), at + 2);
      default:
        return one(single(pattern[at]), at + 1);
    }
  }

  private static BitSet single(byte b) {
    BitSet set = new BitSet();
    set.set(b & 0xff);
    return set;
  }

  private int one(BitSet bytes, int next) {
    boolean literal = bytes.cardinality() == 1 && bytes.get('/');
    if (!slashes && !literal) {
      bytes.clear('/');
    }
    tokens.add(new Token(Kind.ONE_OF, bytes));
    return next;
  }

  private int stars(int from) {
    int at = from;
    while (at < pattern.length && pattern[at] == '*') {
      at++;
    }
    boolean begins = from == 0 || pattern[from - 1] == '/';
    boolean slash = is('/', at) || is('\\', at) && is('/', at + 1);
    boolean directories = at - from > 1 && begins && (at == pattern.length || slash);
    if (!slashes && directories && is('/', at)) {
      tokens.add(new Token(Kind.DIRECTORIES, NO_BYTES));
      return at + 1;
    }
    tokens.add(new Token(slashes || directories ? Kind.ALL : Kind.STAR, NO_BYTES));
    return at;
  }

  private boolean is(char c, int at) {
    return at < pattern.length && pattern[at] == c;
  }

  /** Whether it is not complete, and matches nothing. */
  boolean isBroken() {
    return broken;
  }

  /** Whether the bytes from a place on are what the pattern describes. */
  boolean matches(byte[] text, int from) {
    if (broken) {
      return false;
    }
    // Twice the number of a token: before it; one more: inside directories.
    BitSet states = new BitSet();
    enter(0, states);
    for (int i = from; i < text.length && !states.isEmpty(); i++) {
      BitSet next = new BitSet();
      for (int state = states.nextSetBit(0); state >= 0; state = states.nextSetBit(state + 1)) {
        step(state, text[i] & 0xff, next);
      }
      states = next;
    }
    return states.get(2 * tokens.size());
  }

  private void step(int state, int c, BitSet next) {
    int index = state / 2;
    if (index == tokens.size()) {
      return;
    }
    Token token = tokens.get(index);
    switch (token.kind) {
      case ONE_OF -> {
        if (token.bytes.get(c)) {
          enter(index + 1, next);
        }
      }
      case STAR -> {
        if (c != '/') {
          enter(index, next);
        }
      }
      case ALL -> enter(index, next);
      case DIRECTORIES -> {
        next.set(2 * index + 1);
        if (c == '/') {
          enter(index + 1, next);
        }
      }
    }
  }

  /** What can be skipped is. */
  private void enter(int index, BitSet states) {
    int at = index;
    states.set(2 * at);
    while (at < tokens.size() && tokens.get(at).kind != Kind.ONE_OF) {
      at++;
      states.set(2 * at);
    }
  }
}
