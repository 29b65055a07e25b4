package dev.archive.client.plan;

import dev.archive.model.Attributes;
import dev.archive.model.Attributes.Kind;
import dev.archive.model.Text;
import dev.archive.source.AttributeReader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Compares what a batch records of names beside their bytes with what these names have here. */
final class AttributeComparison {
  private final Plan plan;
  private final ExcludedHere excluded;
  private final Map<String, Attributes> beside = new HashMap<>();
  private final List<String> differences = new ArrayList<>();
  private final List<String> unreadable = new ArrayList<>();
  private final AttributeReader reader;
  private final boolean xattrs;
  private final Map<String, String> linksHere;
  private Map<String, String> linksStored = Map.of();
  private long names;

  /**
   * What was found.
   *
   * @param why they were not compared, in words; null where they were
   * @param xattrs whether extended attributes were, too
   * @param names how many were compared
   * @param differences one sentence for each name
   * @param unreadable names here whose attributes cannot be read, one sentence each
   */
  record Found(
      @Nullable String why,
      boolean xattrs,
      long names,
      List<String> differences,
      List<String> unreadable) {
    /** That nothing was compared, and why. */
    static Found none(String why) {
      return new Found(why, false, 0, List.of(), List.of());
    }
  }

  /**
   * Begins.
   *
   * @param beside the attributes of directories and symlinks that are here
   * @param xattrs whether extended attributes are compared, and {@code beside} has them
   */
  AttributeComparison(Plan plan, List<Attributes> beside, boolean xattrs, ExcludedHere excluded) {
    this.plan = plan;
    this.xattrs = xattrs;
    this.reader =
        new AttributeReader(
            xattrs,
            (file, why) ->
                unreadable.add(
                    Text.printable(file.toString())
                        + ": its attributes cannot be compared: "
                        + why));
    this.excluded = excluded;
    beside.forEach(each -> this.beside.put(each.path(), each));
    this.linksHere = firstNames(beside);
  }

  /**
   * The first names of symlinks that have several, by their other names. A walk meets them in any
   * order, and calls another one the first each time.
   */
  private static Map<String, String> firstNames(Collection<Attributes> all) {
    Map<String, String> least = new HashMap<>();
    Map<String, String> groups = new HashMap<>();
    for (Attributes each : all) {
      if (each.kind() == Kind.SYMLINK) {
        String group = each.hardLink() == null ? each.path() : each.hardLink();
        groups.put(each.path(), group);
        least.merge(group, each.path(), (one, other) -> one.compareTo(other) < 0 ? one : other);
      }
    }
    groups.replaceAll((path, group) -> least.get(group));
    groups.entrySet().removeIf(each -> each.getKey().equals(each.getValue()));
    return groups;
  }

  /**
   * Compares all; files that are on one side alone are differences of content, and are not told.
   */
  Found with(StoredAttributes stored) {
    boolean links = stored.all().stream().anyMatch(each -> each.hardLink() != null);
    linksStored = firstNames(stored.all());
    // In the order of the upload, which called the first of several names the first.
    for (int i = 0; i < plan.size(); i++) {
      Attributes each = stored.of(plan.path(i));
      if (each != null) {
        compareFile(i, each, links);
      }
    }
    for (Attributes each : stored.all()) {
      if (each.kind() != Kind.FILE) {
        Attributes here = beside.remove(each.path());
        if (here != null) {
          compare(here, each, links);
        } else {
          missing(each);
        }
      }
    }
    beside.values().stream()
        .map(Attributes::path)
        .sorted()
        .forEach(path -> different(path, "is here and not in the batch"));
    return new Found(null, xattrs, names, differences, unreadable);
  }

  private void compareFile(int index, Attributes stored, boolean links) {
    Attributes here = reader.of(plan.file(index));
    if (here != null) {
      compare(here, stored, links);
    }
  }

  private void missing(Attributes stored) {
    if (excluded.isUnknown(stored.path())) {
      return;
    }
    String rule = excluded.rule(stored.path());
    different(
        stored.path(),
        (stored.kind() == Kind.SYMLINK ? "is a symbolic link" : "is a directory")
            + " in the batch and "
            + (rule == null ? "not here" : "excluded here by " + Text.brief(rule)));
  }

  /** Builds that did not record hard links recorded none. */
  private void compare(Attributes here, Attributes stored, boolean links) {
    names++;
    List<String> parts = new ArrayList<>();
    add(parts, "kind", here.kind(), stored.kind());
    add(parts, "date", here.modified(), stored.modified());
    if (stored.kind() != Kind.SYMLINK) {
      add(parts, "mode", octal(here), octal(stored));
    }
    add(parts, "owner", here.owner(), stored.owner());
    add(parts, "group", here.group(), stored.group());
    add(parts, "target", here.linkTarget(), stored.linkTarget());
    if (xattrs) {
      addXattrs(parts, here, stored);
    }
    if (links) {
      add(parts, "other name", firstName(here, linksHere), firstName(stored, linksStored));
    }
    if (!parts.isEmpty()) {
      different(stored.path(), String.join("; ", parts));
    }
  }

  private static @Nullable String firstName(Attributes of, Map<String, String> links) {
    return of.kind() == Kind.SYMLINK ? links.get(of.path()) : of.hardLink();
  }

  private static void add(
      List<String> parts, String what, @Nullable Object here, @Nullable Object stored) {
    if (!Objects.equals(here, stored)) {
      parts.add(
          "has the " + what + " " + text(here) + " here and " + text(stored) + " in the batch");
    }
  }

  private static void addXattrs(List<String> parts, Attributes here, Attributes stored) {
    SortedSet<String> all = new TreeSet<>(here.xattrs().keySet());
    all.addAll(stored.xattrs().keySet());
    for (String name : all) {
      String what = "extended attribute " + Text.brief(name);
      add(parts, what, inQuotes(here.xattrs().get(name)), inQuotes(stored.xattrs().get(name)));
    }
  }

  private static @Nullable String inQuotes(@Nullable String value) {
    return value == null ? null : '"' + value + '"';
  }

  private static String text(@Nullable Object value) {
    return value == null ? "none" : Text.brief(value.toString());
  }

  private static String octal(Attributes of) {
    return String.format("%04o", of.mode());
  }

  private void different(String path, String how) {
    differences.add(Text.printable(path) + ": " + how);
  }
}
