package dev.archive.storage;

import dev.archive.durable.HeldDirectory;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Removes from the directory of a batch what the archive wrote there, and nothing else: its tag
 * files, and payload files that were registered. Directories that are empty then go too. What
 * others add or remove meanwhile is no failure.
 */
final class BagRemoval {
  /** How many paths the registry is asked about at once. */
  private static final int LOOKUP = 500;

  private static final Path DATA = Path.of("data");

  private final Set<String> tags;
  private final Function<List<String>, Set<String>> registered;
  private boolean strangers;

  /**
   * A removal.
   *
   * @param tags names that the archive gives to files beside the payload
   * @param registered which of some logical paths are or were registered in the batch
   */
  BagRemoval(Set<String> tags, Function<List<String>, Set<String>> registered) {
    this.tags = tags;
    this.registered = registered;
  }

  /**
   * Removes what is the archive's in a bag.
   *
   * @return whether something that is not the archive's lies there
   */
  boolean run(HeldDirectory bag) throws IOException {
    for (Iterator<Path> names = bag.names(); names.hasNext(); ) {
      Path name = names.next();
      if (tags.contains(name.toString())) {
        strangers |= !removeFile(bag, name);
      } else if (name.equals(DATA)) {
        enter(bag, name, "/");
      } else {
        strangers = true;
      }
    }
    return strangers;
  }

  private void payload(HeldDirectory directory, String path) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Iterator<Path> names = directory.names(); names.hasNext(); ) {
      Path name = names.next();
      if (directory.isDirectory(name)) {
        enter(directory, name, path + name + "/");
      } else if (files.add(name) && files.size() == LOOKUP) {
        files(directory, path, files);
      }
    }
    files(directory, path, files);
  }

  private void files(HeldDirectory directory, String path, List<Path> files) throws IOException {
    if (files.isEmpty()) {
      return;
    }
    Set<String> known = registered.apply(files.stream().map(name -> path + name).toList());
    for (Path name : files) {
      // A name that is not UTF-8 is read as one that could be registered, and is another.
      boolean ours = known.contains(path + name) && name.equals(Path.of(name.toString()));
      strangers |= !(ours && removeFile(directory, name));
    }
    files.clear();
  }

  private void enter(HeldDirectory above, Path name, String path) throws IOException {
    try (HeldDirectory directory = above.enter(name)) {
      payload(directory, path);
    } catch (NoSuchFileException e) {
      return;
    } catch (NotDirectoryException e) {
      strangers = true;
      return;
    }
    above.removeDirectory(name);
  }

  /** False where something else than a file has the name. */
  private static boolean removeFile(HeldDirectory directory, Path name) throws IOException {
    return directory.removeFile(name) || !directory.isThere(name);
  }
}
