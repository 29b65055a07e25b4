package dev.archive.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replays the examples of {@code api.md}, in their order, against a real server. */
class ApiDocumentTest {
  private static final Pattern EXAMPLE = Pattern.compile("(?s)```http\n(.*?)\n\n(.*?)```");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path dir;
  private final Map<String, String> bound = new HashMap<>();

  @Test
  void everyExampleIsWhatTheServerAnswers() throws Exception {
    List<MatchResult> examples = EXAMPLE.matcher(document()).results().toList();
    assertTrue(examples.size() >= 10, "examples: " + examples.size());
    try (RunningServer server = RunningServer.on(dir.resolve("root"))) {
      Replay replay = new Replay(server.url());
      for (MatchResult example : examples) {
        replay.call(example.group(1), example.group(2));
      }
    }
  }

  private static String document() throws IOException {
    return Files.readString(Path.of("src/site/markdown/api.md"));
  }

  private final class Replay {
    private final String server;
    private final HttpClient client = HttpClient.newHttpClient();

    Replay(String server) {
      this.server = server;
    }

    void call(String request, String response) throws Exception {
      String[] expected = response.split("\n", 2);
      HttpResponse<String> answer = client.send(parsed(request), BodyHandlers.ofString());
      assertEquals(
          Integer.parseInt(expected[0].strip()), answer.statusCode(), request + answer.body());
      if (expected.length > 1 && !expected[1].isBlank()) {
        compare(JSON.readTree(expected[1]), JSON.readTree(answer.body()), request);
      }
    }

    private HttpRequest parsed(String request) {
      String[] lines = request.split("\n");
      String[] first = lines[0].split(" ", 2);
      String target = filled(first[1]);
      HttpRequest.Builder builder =
          HttpRequest.newBuilder(URI.create(target.startsWith("http") ? target : server + target));
      int line = 1;
      while (line < lines.length && lines[line].matches("[A-Z][A-Za-z-]+: .*")) {
        String[] header = lines[line++].split(": ", 2);
        builder.header(header[0], header[1]);
      }
      // The examples send text files that end with a newline.
      String body = line == lines.length ? "" : filled(lines[line]);
      return builder
          .method(first[0], BodyPublishers.ofString(first[0].equals("PUT") ? body + "\n" : body))
          .build();
    }
  }

  private String filled(String text) {
    return Pattern.compile("\\{([a-z]+)}")
        .matcher(text)
        .replaceAll(name -> bound.getOrDefault(name.group(1), name.group()));
  }

  /** Everything that the document shows is in the answer; the answer may have more. */
  private void compare(JsonNode expected, JsonNode actual, String where) {
    assertNotNull(actual, where);
    if (expected.isObject()) {
      expected
          .fields()
          .forEachRemaining(
              field ->
                  compare(
                      field.getValue(),
                      actual.get(field.getKey()),
                      where + "\n at " + field.getKey() + " of " + actual));
    } else if (expected.isArray()) {
      assertEquals(expected.size(), actual.size(), where);
      for (int i = 0; i < expected.size(); i++) {
        compare(expected.get(i), actual.get(i), where);
      }
    } else if (expected.isTextual() && expected.textValue().matches("\\{[a-z]+}")) {
      String name = expected.textValue().substring(1, expected.textValue().length() - 1);
      assertEquals(bound.computeIfAbsent(name, any -> actual.asText()), actual.asText(), where);
    } else if (!expected.asText().equals("…")) {
      assertEquals(expected, actual, where);
    }
  }
}
