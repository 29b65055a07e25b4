package dev.archive.testing;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Uploads a directory by the base of the ingest API alone: start, PUT, complete for each file, with
 * nothing hashed, asked again or proved; connections are kept. What {@code scripts/bench.sh}
 * compares our uploader with.
 */
public final class PlainUpload {
  private static final Pattern URL = Pattern.compile("\"url\":\"([^\"]+)\"");

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String batches;
  private final Path directory;

  private PlainUpload(String server, Path directory) {
    this.batches = server + "/api/batches/";
    this.directory = directory;
  }

  /** Takes URL DIRECTORY PARALLEL. */
  public static void main(String[] args) throws Exception {
    new PlainUpload(args[0], Path.of(args[1])).upload(Integer.parseInt(args[2]));
  }

  private void upload(int parallel) throws Exception {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(directory)) {
      files = walk.filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)).toList();
    }
    long bytes = 0;
    for (Path file : files) {
      bytes += Files.size(file);
    }
    String init =
        "{\"uploader\":\"bench\",\"root_path\":\"/\",\"file_count\":%d,\"total_size\":%d}"
            .formatted(files.size(), bytes);
    String batch = batches + field("batch_id", post(batches + "init", init));
    ExecutorService pool = Executors.newFixedThreadPool(parallel);
    try {
      List<Future<?>> sent = new ArrayList<>();
      files.forEach(file -> sent.add(pool.submit(() -> send(batch, file))));
      for (Future<?> each : sent) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a file was not sent", e.getCause());
    } finally {
      pool.shutdownNow();
    }
    String end = post(batch + "/finalize", "");
    if (!field("status", end).equals("enqueued")) {
      throw new IllegalStateException(end);
    }
  }

  private void send(String batch, Path file) {
    try {
      long size = Files.size(file);
      String start =
          """
          {"file_name":%s,"file_size":%d,"logical_path":%s,"content_type":"text/plain",\
          "processing_config":{"ocr":true,"describe":true,"pinax":true}}"""
              .formatted(
                  quoted(file.getFileName().toString()),
                  size,
                  quoted("/" + directory.relativize(file)));
      String started = post(batch + "/files/start", start);
      String key = quoted(field("r2_key", started));
      if (field("upload_type", started).equals("simple")) {
        put(field("presigned_url", started), BodyPublishers.ofFile(file), "text/plain");
        post(batch + "/files/complete", "{\"r2_key\":" + key + "}");
      } else {
        String parts = parts(started, file, size);
        String upload = quoted(field("upload_id", started));
        post(
            batch + "/files/complete",
            "{\"r2_key\":%s,\"upload_id\":%s,\"parts\":[%s]}".formatted(key, upload, parts));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String parts(String started, Path file, long size) throws IOException {
    int partSize = Integer.parseInt(field("part_size", started));
    List<String> parts = new ArrayList<>();
    Matcher urls = URL.matcher(started);
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      while (urls.find()) {
        byte[] bytes = new byte[(int) Math.min(partSize, size - in.getFilePointer())];
        in.readFully(bytes);
        String etag = put(unescaped(urls.group(1)), BodyPublishers.ofByteArray(bytes), null);
        parts.add("{\"part_number\":%d,\"etag\":%s}".formatted(parts.size() + 1, quoted(etag)));
      }
    }
    return String.join(",", parts);
  }

  private String post(String url, String json) throws IOException {
    return call(HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json))
            .build())
        .body();
  }

  private String put(String url, BodyPublisher body, String type) throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).PUT(body);
    if (type != null) {
      request.header("Content-Type", type);
    }
    return call(request.build()).headers().firstValue("ETag").orElseThrow();
  }

  private HttpResponse<String> call(HttpRequest request) throws IOException {
    try {
      HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw new IOException(request + ": " + answer.statusCode() + " " + answer.body());
      }
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static String field(String name, String json) {
    Matcher field = Pattern.compile("\"" + name + "\":\"?((?:[^\"\\\\,}]|\\\\.)*)").matcher(json);
    if (!field.find()) {
      throw new IllegalStateException("no " + name + " in " + json);
    }
    return unescaped(field.group(1));
  }

  private static String unescaped(String text) {
    return text.replace("\\\"", "\"").replace("\\\\", "\\");
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
