package dev.archive.client.state;

import dev.archive.model.Excluded;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a receipt tells of the run beside its batch.
 *
 * @param finished when the batch was finalized, by the clock of the machine that ran; ISO-8601;
 *     null where that is not known
 * @param uploader the name under which the batch was opened
 * @param host the name of that machine
 * @param program that ran, with its version
 * @param given the sources as they were named
 * @param origin where the files come from
 * @param filters what of the sources was wanted, as options of the command line
 * @param metadata of the batch as JSON, or null
 * @param excluded what filters excluded, by rule
 */
public record RunRecord(
    @Nullable String finished,
    String uploader,
    String host,
    String program,
    List<String> given,
    Origin origin,
    List<String> filters,
    @Nullable String metadata,
    List<Excluded> excluded) {

  /** The same, finished at a time. */
  public RunRecord at(@Nullable String time) {
    return new RunRecord(time, uploader, host, program, given, origin, filters, metadata, excluded);
  }

  /** Adds it to the fields of a receipt. */
  void addTo(Map<String, Object> head) {
    if (finished != null) {
      head.put("finished", finished);
    }
    head.put("uploader", uploader);
    head.put("host", host);
    head.put("program", program);
    head.put("sources_given", given);
    origin.addTo(head);
    if (metadata != null) {
      head.put("metadata", metadata);
    }
    if (!filters.isEmpty()) {
      head.put("filters", filters);
    }
    if (!excluded.isEmpty()) {
      head.put("excluded", excluded);
    }
  }
}
