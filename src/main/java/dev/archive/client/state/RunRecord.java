package dev.archive.client.state;

import dev.archive.model.Excluded;
import java.util.List;
import java.util.Map;

/**
 * What a receipt tells of the run beside its batch.
 *
 * @param origin where the files come from
 * @param filters what of the sources was wanted, as options of the command line
 * @param excluded what these and other rules excluded
 */
public record RunRecord(Origin origin, List<String> filters, List<Excluded> excluded) {
  /** Adds it to the fields of a receipt. */
  void addTo(Map<String, Object> head) {
    origin.addTo(head);
    if (!filters.isEmpty()) {
      head.put("filters", filters);
    }
    if (!excluded.isEmpty()) {
      head.put("excluded", excluded);
    }
  }
}
