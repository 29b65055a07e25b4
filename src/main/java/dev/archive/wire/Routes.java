package dev.archive.wire;

import dev.archive.model.BatchId;
import dev.archive.model.LogicalPath;

/** The paths of the ingest API and the form of its object keys. */
public final class Routes {
  public static final String SERVICE = "/";
  public static final String LIVE = "/health/live";
  public static final String READY = "/health/ready";
  public static final String METRICS = "/metrics";
  public static final String BATCHES = "/api/batches";
  public static final String INIT = BATCHES + "/init";

  /** What a batch's calls end in, after its id. */
  public static final String STATUS = "/status";

  public static final String HISTORY = "/history";

  public static final String START = "/files/start";
  public static final String PARTS = "/files/parts";
  public static final String COMPLETE = "/files/complete";
  public static final String BUNDLE = "/files/bundle";
  public static final String FORGET = "/files/forget";

  /** A page of what is recorded of names beside bytes. */
  public static final String ATTRIBUTES = "/attributes";

  public static final String FINALIZE = "/finalize";
  public static final String AUDIT = "/audit";

  /** The bytes of one stored file. */
  public static final String CONTENT = "/files/content";

  /** Stored files as a tar stream. */
  public static final String TAR = "/tar";

  /** Where presigned URLs of this server begin. */
  public static final String UPLOAD = "/upload/";

  private Routes() {}

  /** The path of a call about one batch. */
  public static String batch(BatchId id, String call) {
    return BATCHES + "/" + id + call;
  }

  /** What every key of a batch begins with. */
  public static String keyPrefix(BatchId id) {
    return "staging/" + id;
  }

  /** The key of a file: opaque to clients. */
  public static String key(BatchId id, LogicalPath path) {
    return keyPrefix(id) + path;
  }
}
