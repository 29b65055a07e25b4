package dev.archive.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a server says of itself (row B3 of the fault matrix). */
class HealthTest {
  private static Map<String, Object> ready(Duration commitTime, String... found) {
    return new Health(List.of(found), () -> commitTime, wait -> null).ready();
  }

  @Test
  void healthyUpToTheBound() {
    assertEquals(Map.of("status", "healthy"), ready(Duration.ZERO));
    assertEquals(Map.of("status", "healthy"), ready(Health.SLOW));
    assertEquals(
        Map.of("status", "healthy", "warnings", List.of("a bag is missing")),
        ready(Health.SLOW, "a bag is missing"));
  }

  @Test
  void b3_slowDiskIsToldBeforeWhatWasFoundAtTheStart() {
    String slow = "the disk is slow: it takes 2.1 seconds to make a change durable";
    assertEquals(
        Map.of("status", "degraded", "warnings", List.of(slow)), ready(Duration.ofMillis(2100)));
    assertEquals(
        Map.of("status", "degraded", "warnings", List.of(slow, "a bag is missing")),
        ready(Duration.ofMillis(2100), "a bag is missing"));
  }
}
