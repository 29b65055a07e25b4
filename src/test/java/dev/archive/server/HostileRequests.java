package dev.archive.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Makes requests of a few kilobytes at most that ask a server for as much as they can. */
final class HostileRequests {
  private static final long MAX_SIZE = (1L << 53) - 1;

  /** A request; its target is a path of the server, or a whole URL. */
  record Asked(
      String kind, String method, String target, Map<String, String> headers, byte[] body) {}

  private final String batch;
  private final String heavy;
  private final long room;
  private final String url;

  /** Sets up two batches: one of files that are started and complete, one with large metadata. */
  HostileRequests(ApiClient api, long seed) {
    batch = api.init(1_000_000);
    heavy =
        api.post(
                "/api/batches/init",
                Map.of(
                    "uploader",
                    "u",
                    "root_path",
                    "/",
                    "file_count",
                    1,
                    "total_size",
                    0,
                    "metadata",
                    Map.of("text", "x".repeat(500_000), "seed", seed)))
            .expect(201)
            .text("batch_id");
    for (int i = 0; i < 20; i++) {
      api.add(batch, "/done/" + i, ("" + i).getBytes(UTF_8));
    }
    url = api.start(batch, "/simple", 4 << 20).expect(200).text("presigned_url");
    ApiClient.Answer refused = api.start(batch, "/x", MAX_SIZE).expect(507);
    room = refused.field("details").get("free").asLong();
    api.start(batch, "/large", room / 2).expect(200);
  }

  Asked next(Random random) {
    String call = "/api/batches/" + batch;
    int many = 1 + random.nextInt(1000);
    return switch (random.nextInt(24)) {
      case 0 -> start("bulk start of 2^53 bytes", bulk(200, MAX_SIZE + random.nextInt(2), "/a"));
      case 1 -> start("bulk start of large files", bulk(many, room / 2, "/b" + random.nextInt(9)));
      case 2 -> start("bulk start of deep paths", bulk(1 + many / 5, 10 << 20, deep(random)));
      case 3 -> start("stream of all parts", file(deep(random) + "/x", room / 2, ""));
      case 4 -> start("page of parts", file(deep(random), room / 2, range("part_urls", random)));
      case 5 ->
          post(
              "more parts",
              call + "/files/parts",
              "{\"r2_key\":\"staging/"
                  + batch
                  + "/large\",\"upload_id\":\"u\","
                  + bounds(random)
                  + "}");
      case 6 -> get("stream of status", call + "/status?since=0&limit=1000000");
      case 7 -> get("stream of history", call + "/history?since=0&limit=1000000");
      case 8 -> get("list", "/api/batches?limit=" + (random.nextBoolean() ? 1000 : 999_999_999));
      case 9 -> get("heavy summary", "/api/batches/" + heavy + "/status?summary=true");
      case 10 -> get("stream of a heavy status", "/api/batches/" + heavy + "/status");
      case 11 -> get("audit", call + "/audit?limit=1000&sample=99.999999999&max_age=8589934592");
      case 12 ->
          post(
              "complete with many parts",
              call + "/files/complete",
              "{\"r2_key\":\"staging/" + batch + "/large\",\"parts\":[" + parts(3000) + "]}");
      case 13 ->
          post(
              "bulk complete of one file",
              call + "/files/complete",
              "{\"files\":["
                  + repeat(many, i -> "{\"r2_key\":\"staging/" + batch + "/large\",\"parts\":[]}")
                  + "]}");
      case 14 -> bundle("bundle of a huge entry", call, tar("f", "77777777777", (byte) '0'));
      case 15 -> bundle("bundle of huge headers", call, tar("h", "77777777777", (byte) 'x'));
      case 16 -> bundle("bundle of huge names", call, tar("l", "77777777777", (byte) 'L'));
      case 17 -> bundle("bundle of huge pax size", call, pax("size=9223372036854775807"));
      case 18 ->
          post("nested metadata", "/api/batches/init", init("[".repeat(4000) + "]".repeat(4000)));
      case 19 ->
          post("numbers of metadata", "/api/batches/init", init("[1e999999999,1e-999999999]"));
      case 20 ->
          post(
              "finalize without many",
              call + "/finalize",
              "{\"amended\":true,\"expected\":{\"files\":9223372036854775807},\"skipped\":["
                  + repeat(2000, i -> "{\"path\":\"/" + i + "\",\"reason\":\"r\"}")
                  + "]}");
      case 21 ->
          new Asked(
              "stream of many ranges",
              "GET",
              call + "/status",
              Map.of(
                  "Range",
                  "bytes=" + repeat(500, i -> "0-"),
                  "If-Match",
                  repeat(300, i -> "\"" + i + "\"")),
              new byte[0]);
      case 22 ->
          new Asked(
              "compressed bytes",
              "POST",
              call + "/files/start",
              Map.of("Content-Encoding", "gzip"),
              new byte[100]);
      default -> new Asked("PUT of too few", "PUT", url, Map.of(), new byte[10]);
    };
  }

  private Asked start(String kind, String body) {
    return post(kind, "/api/batches/" + batch + "/files/start", body);
  }

  private static Asked post(String kind, String target, String body) {
    return new Asked(kind, "POST", target, Map.of(), body.getBytes(UTF_8));
  }

  private static Asked get(String kind, String target) {
    return new Asked(kind, "GET", target, Map.of(), new byte[0]);
  }

  private static Asked bundle(String kind, String call, byte[] tar) {
    return new Asked(
        kind, "POST", call + "/files/bundle", Map.of("Content-Type", "application/x-tar"), tar);
  }

  private static String bulk(int count, long size, String path) {
    return "{\"files\":[" + repeat(count, i -> file(path + "/" + i, size, "")) + "]}";
  }

  private static String file(String path, long size, String more) {
    return "{\"logical_path\":\"%s\",\"file_size\":%d,\"content_type\":\"a/b\"%s}"
        .formatted(path, size, more);
  }

  private static String range(String name, Random random) {
    return ",\"" + name + "\":{" + bounds(random) + "}";
  }

  private static String bounds(Random random) {
    return "\"from\":" + (1 + random.nextInt(Integer.MAX_VALUE - 1)) + ",\"max\":2147483647";
  }

  private static String deep(Random random) {
    return "/" + (char) ('c' + random.nextInt(9)) + "/a".repeat(1_700);
  }

  private static String init(String metadata) {
    return "{\"uploader\":\"u\",\"root_path\":\"/\",\"file_count\":9223372036854775807,"
        + "\"total_size\":0,\"metadata\":{\"a\":"
        + metadata
        + "}}";
  }

  private static String parts(int count) {
    return repeat(count, i -> "{\"part_number\":" + (i + 1) + ",\"etag\":\"e\"}");
  }

  private static String repeat(int count, IntFunction<String> each) {
    return IntStream.range(0, count).mapToObj(each).collect(Collectors.joining(","));
  }

  /** One header of a tar that claims a size, and a few bytes. */
  private static byte[] tar(String name, String octalSize, byte type) {
    byte[] block = new byte[2048];
    put(block, 0, name);
    put(block, 100, "0000644");
    put(block, 108, "0000000");
    put(block, 116, "0000000");
    put(block, 124, octalSize);
    put(block, 136, "00000000000");
    block[156] = type;
    put(block, 257, "ustar");
    put(block, 263, "00");
    put(block, 148, "        ");
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += block[i] & 0xff;
    }
    put(block, 148, "%06o".formatted(sum));
    block[154] = 0;
    block[155] = ' ';
    return block;
  }

  private static byte[] pax(String record) {
    String line = " " + record + "\n";
    int length = line.length() + 2;
    byte[] content = (length + line).getBytes(StandardCharsets.US_ASCII);
    byte[] header = tar("p", "%011o".formatted(content.length), (byte) 'x');
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(header, 0, 512);
    out.write(content, 0, content.length);
    out.write(new byte[512 - content.length], 0, 512 - content.length);
    out.write(tar("f", "00000000000", (byte) '0'), 0, 512);
    out.write(new byte[1024], 0, 1024);
    return out.toByteArray();
  }

  private static void put(byte[] block, int offset, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, block, offset, bytes.length);
  }
}
