package dev.archive.server.http;

import dev.archive.durable.Failpoint;
import dev.archive.model.ArchiveException;
import dev.archive.model.BatchId;
import dev.archive.model.ErrorCode;
import dev.archive.model.FatalErrors;
import dev.archive.model.Limit;
import dev.archive.model.Limits;
import dev.archive.model.Operation;
import dev.archive.model.Sha256;
import dev.archive.model.VersionCondition;
import dev.archive.storage.Incoming;
import dev.archive.wire.Json;
import dev.archive.wire.Results;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.function.LongFunction;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * One request and its answer: reads the body when it arrives, sends what was found, and turns every
 * failure into one answer.
 */
final class Exchange {
  /** The detail of an error that says in how many seconds to try again. */
  static final String RETRY_AFTER = "retry_after";

  private static final byte[] NO_BODY = {};

  /** Up to so many items, an answer is read from the ledger at once. */
  private static final int SHORT_PAGE = 1000;

  private final Request request;
  private final Response response;
  private final Callback callback;
  private final Transport transport;
  private final RequestNotes notes;
  private String batch;

  Exchange(Request request, Response response, Callback callback, Transport transport) {
    this.request = request;
    this.response = response;
    this.transport = transport;
    this.notes = RequestNotes.of(request, transport.ids());
    this.callback =
        new Callback.Nested(callback) {
          @Override
          public void failed(Throwable why) {
            notes.cut = true;
            super.failed(why);
          }
        };
  }

  /** Work on an exchange. */
  interface Work {
    void run() throws IOException;
  }

  /** Work on a body that has arrived. */
  interface BodyWork<R> {
    void run(R body) throws IOException;
  }

  /** Writes an answer that may be long; it begins when the version of its batch is known. */
  interface AnswerBody {
    void write(LongFunction<OutputStream> open) throws IOException;
  }

  Request request() {
    return request;
  }

  Response response() {
    return response;
  }

  Limits limits() {
    return transport.limits();
  }

  Query query() {
    return Query.of(request);
  }

  /** Notes what is asked for. */
  void asksFor(Route known) {
    notes.route = known;
  }

  /** Notes who sent the request. */
  void by(Caller known) {
    notes.caller = known;
  }

  Caller caller() {
    return notes.caller;
  }

  /** Notes the batch that it turned out to be about, where the path names none. */
  void concerns(BatchId known) {
    notes.batch = known;
  }

  /** Notes the batch that the path names. */
  void about(String named) {
    batch = named;
    notes.about(named);
  }

  /**
   * The batch that the path names.
   *
   * @throws ArchiveException {@link ErrorCode#BATCH_NOT_FOUND}
   */
  BatchId batch() {
    try {
      return BatchId.parse(batch);
    } catch (ArchiveException e) {
      throw new ArchiveException(ErrorCode.BATCH_NOT_FOUND, "Batch not found", e);
    }
  }

  /** What upload URLs begin with. */
  String baseUrl() {
    return transport.publicUrl() != null
        ? transport.publicUrl()
        : request.getHttpURI().getScheme() + "://" + request.getHttpURI().getAuthority();
  }

  /** What is asked for, where the body says nothing of it or comes as a stream. */
  Operation operation() {
    return operation(NO_BODY);
  }

  /** What is asked for, by the client's name for it or by our number. */
  Operation operation(byte[] body) {
    List<String> keys = request.getHeaders().getValuesList("Idempotency-Key");
    if (keys.size() > 1) {
      throw new ArchiveException(ErrorCode.INVALID_REQUEST, "Idempotency-Key must be given once");
    }
    VersionCondition condition =
        VersionCondition.parse(request.getHeaders().getValuesList(HttpHeader.IF_MATCH));
    if (keys.isEmpty()) {
      return Operation.unnamed(notes.id).by(notes.caller.owner()).when(condition);
    }
    String call = request.getMethod() + " " + request.getHttpURI().getPath() + "\n";
    MessageDigest whole = Sha256.newDigest();
    whole.update(call.getBytes(StandardCharsets.UTF_8));
    whole.update(body);
    return Operation.keyed(keys.get(0))
        .by(notes.caller.owner())
        .of(Sha256.of(whole))
        .when(condition);
  }

  /** Works on the request; a failure becomes its answer. */
  void attempt(Work work) {
    try {
      work.run();
    } catch (Throwable failure) {
      refuse(failure);
    }
  }

  /** Works on the request when its body has arrived; no thread waits for it. */
  <R> void whenArrived(Incoming<R> body, BodyWork<? super R> work) {
    new BodyReader<>(
            request,
            body,
            transport.slowBodies(),
            new BodyReader.Then<R>() {
              @Override
              public void done(R arrived) {
                attempt(() -> work.run(arrived));
              }

              @Override
              public void failed(Throwable why) {
                refuse(why);
              }
            })
        .start();
  }

  /**
   * The same with a body that is held in memory; refused before it is read, where it says itself
   * that it is larger, and afterwards where it is not what {@code Content-Digest} says.
   *
   * @param max in bytes
   */
  void whenArrived(int max, BodyWork<byte[]> work) {
    if (request.getLength() > max) {
      throw MemoryBody.tooLarge(max);
    }
    Sha256 digest = digest("Content-Digest");
    whenArrived(
        new MemoryBody(max),
        body -> {
          if (digest != null && !digest.equals(Sha256.of(body))) {
            throw new ArchiveException(
                ErrorCode.BODY_DAMAGED,
                "the body is not what its Content-Digest says: it was changed on the way; nothing"
                    + " was done, send it again");
          }
          work.run(body);
        });
  }

  /** The same with a body of JSON. */
  void whenArrived(BodyWork<byte[]> work) {
    whenArrived(limits().number(Limit.CALL_BYTES), work);
  }

  private void refuse(Throwable failure) {
    FatalErrors.report(failure);
    if (response.isCommitted()) {
      callback.failed(failure);
      return;
    }
    Problems.Answer problem = Problems.answer(failure, notes.id);
    notes.error = problem.code();
    if (isUnread(failure)) {
      refuse(failure, problem);
      return;
    }
    new BodyReader<>(
            request,
            new UnwantedBody(),
            transport.slowBodies(),
            new BodyReader.Then<Void>() {
              @Override
              public void done(Void nothing) {
                refuse(failure, problem);
              }

              @Override
              public void failed(Throwable why) {
                // What is left of the connection gets the answer all the same.
                refuse(failure, problem);
              }
            })
        .start();
  }

  /**
   * Whether the rest of a body is left where it is: its sender was too slow, or has not begun and
   * waits to be told to go on, or has too much.
   */
  private boolean isUnread(Throwable failure) {
    return failure instanceof ArchiveException e && e.code() == ErrorCode.REQUEST_TIMEOUT
        || request.getHeaders().contains(HttpHeader.EXPECT)
        || request.getLength() > UnwantedBody.MAX;
  }

  private void refuse(Throwable failure, Problems.Answer problem) {
    response.reset();
    if (failure instanceof ArchiveException e && e.details().get(RETRY_AFTER) instanceof Long in) {
      response.getHeaders().put(HttpHeader.RETRY_AFTER, in);
    }
    transport.cors().allow(request, response);
    if (failure instanceof ArchiveException e && e.code() == ErrorCode.METHOD_NOT_ALLOWED) {
      response.getHeaders().put(HttpHeader.ALLOW, String.valueOf(e.details().get("allow")));
    }
    Bearer.challenge(request, failure)
        .ifPresent(each -> response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, each));
    if (failure instanceof ArchiveException e && e.code() == ErrorCode.RANGE_NOT_SATISFIABLE) {
      response.getHeaders().put(HttpHeader.CONTENT_RANGE, "bytes */" + e.details().get("size"));
    }
    send(problem.status(), problem.body().getBytes(StandardCharsets.UTF_8));
  }

  /** Begins an answer of JSON, unless that was done. */
  void head(int status, Long version) {
    if (response.isCommitted()) {
      return;
    }
    response.setStatus(status);
    response.getHeaders().put(RequestIds.HEADER, notes.id);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
    response.getHeaders().put(new HttpField("X-Content-Type-Options", "nosniff"));
    if (version != null) {
      response.getHeaders().put(HttpHeader.ETAG, "\"" + version + "\"");
    }
  }

  /** Whether only what an answer begins with is asked for. */
  boolean isHead() {
    return request.getMethod().equals("HEAD");
  }

  /**
   * Answers with what an answer of JSON begins with.
   *
   * @param version of the batch, or null where the answer tells none
   */
  void sendHead(Long version) {
    head(200, version);
    // In one piece it would say that the answer has no byte.
    response.write(
        false, null, Callback.from(() -> response.write(true, null, callback), callback::failed));
  }

  /** Answers with a result for each of many. */
  void send(Results<?> results) {
    send(200, results.version(), Json.bytes(results));
  }

  void send(int status, byte[] body) {
    send(status, null, body);
  }

  /**
   * Answers with JSON.
   *
   * @param version of the batch, or null
   */
  void send(int status, Long version, byte[] body) {
    Failpoint.reach("answer");
    head(status, version);
    AnswerWriter.write(response, body, callback);
  }

  /** Answers without a body. */
  void sendNothing(int status) {
    response.setStatus(status);
    response.getHeaders().put(RequestIds.HEADER, notes.id);
    response.write(true, ByteBuffer.allocate(0), callback);
  }

  /** Answers with stored bytes, and closes what gives them. */
  void send(PieceWriter.Pieces pieces) throws IOException {
    PieceWriter.write(response, callback, pieces);
  }

  /** The value of a header, or null. */
  String header(HttpHeader name) {
    return request.getHeaders().get(name);
  }

  /**
   * The SHA-256 that a header of the request tells of what it brings (RFC 9530), or null.
   *
   * @throws ArchiveException {@link ErrorCode#INVALID_REQUEST} where it cannot be read
   */
  Sha256 digest(String field) {
    return Sha256.parseDigestField(String.join(",", request.getHeaders().getValuesList(field)));
  }

  /** Sets a header of the answer. */
  void put(HttpHeader name, String value) {
    response.getHeaders().put(name, value);
  }

  /** The stream of an answer that comes while it is found; {@link #end} ends it. */
  OutputStream stream() {
    return Content.Sink.asOutputStream(response);
  }

  /** Sends the last of an answer that has begun. */
  void end(byte[] rest) {
    AnswerWriter.write(response, rest, callback);
  }

  /**
   * Reads an answer from the ledger into a spool, then sends it: its reader may be as slow as it
   * likes. Long ones are read a few at a time, so that short ones find the ledger free.
   *
   * @param max how many items it has at most; 0 where there is no limit
   */
  void spooled(int max, AnswerBody body) throws IOException {
    if (max > 0 && max <= SHORT_PAGE) {
      spool(body);
    } else {
      transport.longAnswers().execute(() -> attempt(() -> spool(body)));
    }
  }

  /** The same, at once. */
  void spool(AnswerBody body) throws IOException {
    SpooledAnswer answer = transport.longAnswer();
    boolean written = false;
    try {
      body.write(
          version -> {
            head(200, version);
            return new BufferedOutputStream(answer, 1 << 14);
          });
      written = true;
    } finally {
      if (!written) {
        answer.drop();
      }
    }
    answer.send(response, callback);
  }
}
