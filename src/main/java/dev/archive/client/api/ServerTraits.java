package dev.archive.client.api;

import dev.archive.wire.Capabilities;
import dev.archive.wire.Messages.Service;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a server can, beyond the base that all speak.
 *
 * @param versions whether its state has versions, is exact, and calls may be repeated
 * @param contract whether it finalizes only what has the files, bytes and manifest that it is told
 * @param digests whether it hashes what it stores and checks digests given
 * @param anyName whether its URLs hold any name
 * @param bundles whether it takes many small files as one stream
 * @param bulk whether it registers and completes many files in one call
 * @param headers whether it binds the lengths of parts for callers that ask
 * @param partPages whether it gives the URLs of parts in pages to callers that ask
 * @param audit whether it reads again what it stored when asked to
 * @param amend whether it forgets files, and finalizes without some that were declared
 * @param content whether it gives back what it stores
 * @param attributes whether it keeps dates, modes, owners, symlinks and directories
 * @param archiveId the id of its archive; null where it has none
 */
public record ServerTraits(
    boolean versions,
    boolean contract,
    boolean digests,
    boolean anyName,
    boolean bundles,
    boolean bulk,
    boolean audit,
    boolean headers,
    boolean partPages,
    boolean amend,
    boolean content,
    boolean attributes,
    String archiveId) {
  private static final Pattern ULID = Pattern.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}");

  static ServerTraits of(Service service) {
    List<String> names = service.capabilities() == null ? List.of() : service.capabilities();
    return new ServerTraits(
        names.contains(Capabilities.VERSIONS),
        names.contains(Capabilities.CONTRACT),
        names.contains(Capabilities.DIGESTS),
        names.contains(Capabilities.ANY_NAME),
        names.contains(Capabilities.BUNDLE),
        names.contains(Capabilities.BULK),
        names.contains(Capabilities.AUDIT),
        names.contains(Capabilities.HEADERS),
        names.contains(Capabilities.PART_PAGES),
        names.contains(Capabilities.AMEND) && names.contains(Capabilities.CONTRACT),
        names.contains(Capabilities.CONTENT) && names.contains(Capabilities.VERSIONS),
        names.contains(Capabilities.ATTRIBUTES) && names.contains(Capabilities.CONTRACT),
        id(service.archiveId()));
  }

  /** The names of what it can, as the server itself would say them. */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    add(names, versions, Capabilities.VERSIONS);
    add(names, contract, Capabilities.CONTRACT);
    add(names, digests, Capabilities.DIGESTS);
    add(names, anyName, Capabilities.ANY_NAME);
    add(names, bundles, Capabilities.BUNDLE);
    add(names, bulk, Capabilities.BULK);
    add(names, audit, Capabilities.AUDIT);
    add(names, headers, Capabilities.HEADERS);
    add(names, partPages, Capabilities.PART_PAGES);
    add(names, amend, Capabilities.AMEND);
    return names;
  }

  private static void add(List<String> names, boolean has, String name) {
    if (has) {
      names.add(name);
    }
  }

  /** What is no ULID identifies nothing, and counts as none. */
  private static String id(String archiveId) {
    return archiveId != null && ULID.matcher(archiveId).matches() ? archiveId : null;
  }
}
