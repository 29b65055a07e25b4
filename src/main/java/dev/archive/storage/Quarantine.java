package dev.archive.storage;

import dev.archive.durable.DurableDirectories;
import dev.archive.durable.DurableFiles;
import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.model.Text;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code quarantine/} below the root: what the ledger does not know, or what was replaced. Each
 * entry is a directory with the thing itself and a note that says what it is, since when, why, and
 * where it was. Only a person removes an entry.
 */
public final class Quarantine {
  public static final String DIRECTORY = "quarantine";
  private static final String NOTE = "NOTE.txt";
  private static final int MAX_TRIES = 10_000;

  private final Path root;

  /**
   * One thing in quarantine.
   *
   * @param name of the entry's directory
   * @param note its lines; empty where it has none
   * @param files how many there are, with bytes in all
   */
  public record Entry(String name, List<String> note, long files, long bytes) {
    /** What the note says under a label, or null. */
    public @Nullable String said(String label) {
      return Quarantine.said(note, label);
    }

    /** Where it was, below the root, or null where the note does not say. */
    public @Nullable String from() {
      return said("From");
    }
  }

  public Quarantine(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /**
   * Moves something below the root into quarantine; durable when this returns.
   *
   * @param from its path below the root
   * @return the name of the entry, or null where there is nothing to move
   */
  public @Nullable String take(Path from, String what, String why, Instant when)
      throws IOException {
    Path source = root.resolve(from);
    if (!Files.exists(source, LinkOption.NOFOLLOW_LINKS)) {
      return null;
    }
    Path place = newEntry(from.toString().replace('/', '-'));
    boolean moved = false;
    try {
      note(place, what, why, from, when);
      Files.move(source, place.resolve(from.getFileName()), StandardCopyOption.ATOMIC_MOVE);
      moved = true;
    } catch (NoSuchFileException e) {
      // Another process has moved it.
      return null;
    } finally {
      if (!moved) {
        Files.walkFileTree(place, new TreeRemoval());
      }
    }
    DurableFiles.forceDirectory(place);
    DurableFiles.forceDirectory(DurableFiles.parent(source));
    return place.getFileName().toString();
  }

  /**
   * Copies files below the root into quarantine, those of them that are there; durable when this
   * returns.
   *
   * @return the name of the entry
   */
  public String keepCopies(List<Path> files, String what, String why, Instant when)
      throws IOException {
    Path place = newEntry(files.get(0).toString());
    note(place, what, why, files.get(0), when);
    for (Path file : files) {
      Path source = root.resolve(file);
      if (Files.isRegularFile(source, LinkOption.NOFOLLOW_LINKS)) {
        Path copy = place.resolve(file.getFileName());
        Files.copy(source, copy, StandardCopyOption.COPY_ATTRIBUTES);
        try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
    }
    DurableFiles.forceDirectory(place);
    return place.getFileName().toString();
  }

  private static void note(Path place, String what, String why, Path from, Instant when)
      throws IOException {
    String note =
        "What: "
            + what
            + "\nWhen: "
            + when.truncatedTo(ChronoUnit.SECONDS)
            + "\nWhy: "
            + why
            + "\nFrom: "
            + from
            + "\n";
    DurableFiles.publish(
        place.resolve(NOTE), out -> out.write(note.getBytes(StandardCharsets.UTF_8)));
  }

  private Path newEntry(String name) throws IOException {
    Path all = DurableDirectories.following(root).ensure(root.resolve(DIRECTORY));
    for (int i = 1; i < MAX_TRIES; i++) {
      Path place = all.resolve(i == 1 ? name : name + "-" + i);
      try {
        Files.createDirectory(place);
        DurableFiles.forceDirectory(all);
        return place;
      } catch (FileAlreadyExistsException e) {
        // Taken by an earlier one.
      }
    }
    throw new FileAlreadyExistsException(all.resolve(name).toString());
  }

  /** The names of what is in quarantine. */
  public List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    try (var places = Files.newDirectoryStream(root.resolve(DIRECTORY))) {
      places.forEach(place -> names.add(place.getFileName().toString()));
    } catch (NoSuchFileException | NotDirectoryException e) {
      // Nothing was ever put there.
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    names.sort(Comparator.naturalOrder());
    return names;
  }

  /** What is in quarantine, by name. */
  public List<Entry> entries() throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (String name : names()) {
      entries.add(entry(root.resolve(DIRECTORY).resolve(name)));
    }
    return entries;
  }

  private static Entry entry(Path place) throws IOException {
    Path note = place.resolve(NOTE);
    long files = 0;
    long bytes = 0;
    try (Stream<Path> all = Files.walk(place)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        if (!each.equals(note) && !Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
          files++;
          bytes += Files.isSymbolicLink(each) ? 0 : Files.size(each);
        }
      }
    }
    return new Entry(place.getFileName().toString(), note(place), files, bytes);
  }

  private static List<String> note(Path place) throws IOException {
    Path note = place.resolve(NOTE);
    return Files.isRegularFile(note, LinkOption.NOFOLLOW_LINKS)
        ? new String(Files.readAllBytes(note), StandardCharsets.UTF_8).lines().toList()
        : List.of();
  }

  private static @Nullable String said(List<String> note, String label) {
    return note.stream()
        .filter(line -> line.startsWith(label + ": "))
        .map(line -> line.substring(label.length() + 2))
        .findFirst()
        .orElse(null);
  }

  /**
   * Where an entry was, below the root, or null where its note does not say. Only the note is read,
   * however much lies beside it.
   */
  public @Nullable String from(String name) throws IOException {
    return said(note(root.resolve(DIRECTORY).resolve(name)), "From");
  }

  /**
   * Moves an entry back to where it was. What others have put beside it stays, with the note.
   *
   * @return false where something else is there now
   */
  public boolean putBack(String name) throws IOException {
    Path target = root.resolve(from(name));
    Path place = root.resolve(DIRECTORY).resolve(name);
    Path thing = place.resolve(target.getFileName());
    if (!Files.exists(thing, LinkOption.NOFOLLOW_LINKS)
        || Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    Files.move(thing, target, StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.forceDirectory(DurableFiles.parent(target));
    try (Stream<Path> left = Files.list(place)) {
      if (left.allMatch(place.resolve(NOTE)::equals)) {
        Files.walkFileTree(place, new TreeRemoval());
      }
    }
    return true;
  }

  /** Removes an entry for good; throws as {@link #require} does. */
  public void remove(String name) throws IOException {
    Path place = require(name);
    Files.walkFileTree(place, new TreeRemoval());
    DurableFiles.forceDirectory(DurableFiles.parent(place));
  }

  /**
   * Finds an entry.
   *
   * @throws ArchiveException {@link ErrorCode#USAGE} where there is none of this name
   */
  public Path require(String name) {
    Path place = name.contains("/") ? null : root.resolve(DIRECTORY).resolve(name);
    if (place == null
        || name.isEmpty()
        || name.equals(".")
        || name.equals("..")
        || !Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
      throw new ArchiveException(
          ErrorCode.USAGE, "no such entry in quarantine: " + Text.quote(name));
    }
    return place;
  }
}
