package dev.archive.server.http;

import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.AddressRange;
import dev.archive.server.RequestLines;
import dev.archive.server.RunningServer;
import dev.archive.server.ServerOptions;
import dev.archive.wire.Json;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which address the log has of a request, at a real server. */
class PeerAddressesTest {
  private static final Pattern ID = Pattern.compile("(?i)x-request-id: (\\S+)");

  @TempDir Path directory;

  private List<String> addresses(String trusted, List<String> headers) throws Exception {
    Path log = directory.resolve("log" + trusted.hashCode());
    ServerOptions options =
        new ServerOptions(directory.resolve("root"), "127.0.0.1", 0, null, "test")
            .telling(new RequestLines.ToFile(log, 1 << 20))
            .behind(Stream.of(trusted.split(" ")).map(AddressRange::parse).toList());
    List<String> ids = new ArrayList<>();
    try (RunningServer server = RunningServer.on(options, Clock.systemUTC())) {
      for (String each : headers) {
        try (Socket socket = server.connect()) {
          String head =
              "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                  + (each.isEmpty() ? "" : each + "\r\n")
                  + "\r\n";
          socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
          String answer = RunningServer.readAll(socket);
          assertTrue(answer.startsWith("HTTP/1.1 200"), each);
          Matcher id = ID.matcher(answer);
          assertTrue(id.find(), answer);
          ids.add(id.group(1));
        }
      }
    }
    // A line is written when its answer is sent, which may be after the next one's.
    Map<String, String> addresses =
        Files.readAllLines(log).stream()
            .map(line -> Json.readObject(line.getBytes(StandardCharsets.UTF_8)))
            .collect(
                toMap(
                    line -> (String) line.get("request_id"), line -> (String) line.get("address")));
    return ids.stream().map(addresses::get).toList();
  }

  @Test
  void onlyTrustedProxiesAreBelieved() throws Exception {
    List<String> headers =
        List.of(
            "",
            "X-Forwarded-For: 203.0.113.7",
            "X-Forwarded-For: 198.51.100.1, 203.0.113.7",
            "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.7:4711",
            "X-Forwarded-For: 203.0.113.7, 10.1.2.3",
            "Forwarded: for=198.51.100.1, For=\"[2001:db8::1]:4711\";proto=http",
            "Forwarded: for=203.0.113.7\r\nX-Forwarded-For: 203.0.113.7",
            "Forwarded: for=198.51.100.1\r\nX-Forwarded-For: 203.0.113.7",
            "X-Forwarded-For: 198.51.100.1, localhost",
            "X-Forwarded-For: unknown",
            "X-Forwarded-For: ,,,",
            "Forwarded: for=_hidden",
            "Forwarded: for=1.2.3.4;for=5.6.7.8",
            "Forwarded: for=203.0.113.7;host=\"x,for=198.51.100.1\"",
            "Forwarded: for=203.0.113.7;host=\"x,for=198.51.100.1;y=\\\"\"",
            "X-Forwarded-For: 198.51.100.1, .a:b",
            "X-Forwarded-For: 10.0.0.1, 10.0.0.2",
            "X-Forwarded-For: 198.51.100.1" + ", 10.0.0.9".repeat(1000));
    String self = "127.0.0.1";
    assertEquals(
        List.of(
            self,
            "203.0.113.7",
            "203.0.113.7",
            "203.0.113.7",
            "203.0.113.7",
            "2001:db8:0:0:0:0:0:1",
            "203.0.113.7",
            self,
            self,
            self,
            self,
            self,
            self,
            self,
            self,
            self,
            "10.0.0.1",
            "10.0.0.9"),
        addresses("127.0.0.0/8 10.0.0.0/8", headers));
    assertTrue(addresses("192.0.2.0/24", headers).stream().allMatch(self::equals));
  }

  @Test
  void rangesAreReadStrictly() {
    for (String wrong :
        List.of(
            "", "10", "10.0.0.1/8", "10.0.0.0/33", "host/8", "::1/129", "1.2.3.4/", "010.0.0.1")) {
      assertEquals(null, AddressRange.parse(wrong), wrong);
    }
    assertTrue(AddressRange.parse("::/0").contains(AddressRange.address("::1")));
    assertTrue(AddressRange.parse("0.0.0.0/0").contains(AddressRange.address("::ffff:1.2.3.4")));
  }
}
