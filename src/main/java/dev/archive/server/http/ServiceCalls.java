package dev.archive.server.http;

import dev.archive.wire.Capabilities;
import dev.archive.wire.Json;
import dev.archive.wire.Messages.Service;
import java.util.List;
import java.util.Map;

/** The calls about the server itself. */
final class ServiceCalls {
  private final Service self;
  private final Health health;

  ServiceCalls(String version, String archiveId, Health health) {
    this.health = health;
    this.self =
        new Service(
            "archive",
            version,
            Health.HEALTHY,
            List.of(
                Capabilities.VERSIONS,
                Capabilities.CONTRACT,
                Capabilities.DIGESTS,
                Capabilities.BULK,
                Capabilities.BUNDLE,
                Capabilities.RESUME,
                Capabilities.HISTORY,
                Capabilities.EMPTY_FILES,
                Capabilities.ANY_NAME,
                Capabilities.AMEND,
                Capabilities.AUDIT,
                Capabilities.HEADERS,
                Capabilities.PART_PAGES,
                Capabilities.ARCHIVE_ID,
                Capabilities.TOKENS,
                Capabilities.CONTENT,
                Capabilities.ATTRIBUTES),
            archiveId);
  }

  void self(Exchange exchange) {
    exchange.send(200, Json.bytes(self));
  }

  void live(Exchange exchange) {
    exchange.send(200, Json.bytes(Health.live()));
  }

  void ready(Exchange exchange) {
    Map<String, Object> ready = health.ready();
    exchange.send(Health.status(ready), Json.bytes(ready));
  }
}
