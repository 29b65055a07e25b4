package dev.archive.server.http;

import dev.archive.history.BatchModel;
import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import dev.archive.server.ApiClient;
import dev.archive.server.ApiClient.Answer;
import dev.archive.server.ingest.Grant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** The operations of {@link BatchModel} on a batch of a real server, a new one each time. */
@Param(name = "file", gen = IntGen.class, conf = "1:2")
@Param(name = "size", gen = IntGen.class, conf = "1:2")
@Param(name = "seen", gen = IntGen.class, conf = "2:5")
public class HttpOperations {
  static final AtomicLong MADE = new AtomicLong();
  static volatile ApiClient api;
  static volatile UrlSigner signer;
  static volatile String base;

  private final String batch;

  public HttpOperations() {
    MADE.incrementAndGet();
    batch = api.init(1);
    register(1, 1);
  }

  @Operation
  public String register(@Param(name = "file") int file, @Param(name = "size") int size) {
    return accepted(
        api.post(call("/files/start"), ApiClient.startRequest("/" + file, size)), "version");
  }

  /** The bytes first, which changes nothing, then the word that they are there. */
  @Operation
  public String complete(@Param(name = "file") int file, @Param(name = "size") int size) {
    byte[] bytes = new byte[size];
    LogicalPath path = LogicalPath.parse("/" + file);
    Answer put =
        api.put(
            base + signer.sign(new Grant(new BatchId(batch), path, null, 0, size, null)), bytes);
    if (put.status() != 200) {
      return BatchModel.REFUSED;
    }
    return accepted(
        api.post(
            call("/files/complete"),
            Map.of("r2_key", "staging/" + batch + path, "sha256", Sha256.of(bytes).hex())),
        "version");
  }

  @Operation
  public String close(@Param(name = "seen") int seen) {
    return accepted(
        api.post(call("/finalize"), Map.of(), "If-Match", "\"" + seen + "\""), "version");
  }

  @Operation
  public String read() {
    Answer status = api.get(call("/status?summary=true")).expect(200);
    return BatchModel.state(status.number("version"), status.number("files_uploaded"));
  }

  private String call(String name) {
    return "/api/batches/" + batch + name;
  }

  private static String accepted(Answer answer, String field) {
    if (answer.status() >= 500) {
      throw new AssertionError(answer.body());
    }
    return answer.status() == 200 ? BatchModel.accepted(answer.number(field)) : BatchModel.REFUSED;
  }
}
