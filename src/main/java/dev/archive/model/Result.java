package dev.archive.model;

import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one of many: its value, or why there is none. One that failed does not keep the
 * others.
 *
 * @param value null where it failed
 * @param failure null where it did not
 */
public record Result<T>(@Nullable T value, @Nullable ArchiveException failure) {
  /** Exactly one of the two must be there. */
  public Result {
    if ((value == null) == (failure == null)) {
      throw new IllegalArgumentException("a result is a value or a failure");
    }
  }

  /** That it went well. */
  public static <T> Result<T> of(T value) {
    return new Result<>(Objects.requireNonNull(value), null);
  }

  /** That it did not. */
  public static <T> Result<T> failed(ArchiveException failure) {
    return new Result<>(null, Objects.requireNonNull(failure));
  }

  /** Does something and tells what came of it. */
  public static <T> Result<T> tried(Supplier<T> work) {
    try {
      return of(work.get());
    } catch (ArchiveException e) {
      return failed(e);
    }
  }

  /** The value; the failure is thrown. */
  public T get() {
    if (failure != null) {
      throw failure;
    }
    return Objects.requireNonNull(value);
  }

  /** Goes on with the value, where there is one. */
  public <R> Result<R> then(Function<T, Result<R>> next) {
    return failure == null ? next.apply(get()) : failed(failure);
  }

  /** Does something with those of many that have not failed; the others keep their places. */
  public static <T, R> List<Result<R>> inPlace(
      List<Result<T>> items, Function<List<T>, List<Result<R>>> work) {
    Iterator<Result<R>> done =
        work.apply(items.stream().filter(item -> item.failure() == null).map(Result::get).toList())
            .iterator();
    return items.stream().map(item -> item.then(unused -> done.next())).toList();
  }
}
