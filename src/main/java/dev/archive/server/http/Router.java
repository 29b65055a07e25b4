package dev.archive.server.http;

import dev.archive.server.audit.BatchAudit;
import dev.archive.server.ingest.Activity;
import dev.archive.server.ingest.IngestService;
import dev.archive.storage.Spool;
import dev.archive.wire.Routes;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Has each request answered by the call that it asks for. */
public final class Router extends Handler.Abstract {
  private final RouteTable table;
  private final Transport transport;
  private final Cors cors;
  private final Gate gate;
  private final Owners owners;
  private final RequestsUnderWay underWay;

  /**
   * Sets the router up.
   *
   * @param ids the numbers of requests
   * @param publicUrl null where URLs are to begin as the client's own request did
   * @param gate decides who may call
   * @param owners knows whose batches are whose
   * @param underWay bounds what one of them asks for at once
   * @param spools what holds long answers
   * @param longAnswers reads them from the ledger
   */
  public Router(
      IngestService service,
      FileStatuses statuses,
      BatchAudit audit,
      Activity activity,
      Histories histories,
      ContentCalls contents,
      UrlSigner signer,
      String version,
      RequestIds ids,
      String publicUrl,
      String archiveId,
      Cors cors,
      Gate gate,
      Owners owners,
      RequestsUnderWay underWay,
      Health health,
      MetricsCalls metrics,
      SlowBodies slowBodies,
      Supplier<Spool> spools,
      Executor longAnswers) {
    this.cors = cors;
    this.gate = gate;
    this.owners = owners;
    this.underWay = underWay;
    this.transport = new Transport(ids, publicUrl, cors, slowBodies, spools, longAnswers);
    this.table =
        table(
            new ServiceCalls(version, archiveId, health),
            metrics,
            new BatchCalls(service),
            new FileCalls(service),
            new StateCalls(statuses, histories),
            new AuditCalls(audit, activity),
            contents,
            new UploadCalls(signer, service, owners, underWay));
  }

  /** All calls of the API. */
  static RouteTable table(
      ServiceCalls server,
      MetricsCalls metrics,
      BatchCalls batches,
      FileCalls files,
      StateCalls states,
      AuditCalls audits,
      ContentCalls contents,
      UploadCalls uploads) {
    return new RouteTable(
        List.of(
            new Route("GET", Routes.SERVICE, Access.PUBLIC, server::self),
            new Route("GET", Routes.LIVE, Access.PUBLIC, server::live),
            new Route("GET", Routes.READY, Access.PUBLIC, server::ready),
            new Route("GET", Routes.METRICS, Access.ADMIN, metrics::all),
            new Route("PUT", RouteTable.UPLOAD, Access.SIGNED_URL, uploads::put),
            new Route("GET", Routes.BATCHES, Access.READ, states::list),
            new Route("POST", Routes.INIT, Access.UPLOAD, batches::init),
            new Route("DELETE", RouteTable.OF_BATCH, Access.UPLOAD, batches::abort),
            ofBatch("GET", Routes.STATUS, Access.READ, states::status),
            ofBatch("GET", Routes.HISTORY, Access.READ, states::history),
            ofBatch("GET", Routes.AUDIT, Access.READ, audits::page),
            ofBatch("GET", Routes.CONTENT, Access.READ, contents::file),
            ofBatch("GET", Routes.TAR, Access.READ, contents::tar),
            ofBatch("POST", Routes.START, Access.UPLOAD, files::start),
            ofBatch("POST", Routes.PARTS, Access.UPLOAD, files::parts),
            ofBatch("POST", Routes.COMPLETE, Access.UPLOAD, files::complete),
            ofBatch("POST", Routes.BUNDLE, Access.UPLOAD, files::bundle),
            ofBatch("POST", Routes.FORGET, Access.UPLOAD, files::forget),
            ofBatch("PUT", Routes.ATTRIBUTES, Access.UPLOAD, batches::attributes),
            ofBatch("POST", Routes.FINALIZE, Access.UPLOAD, batches::finalizeBatch)));
  }

  private static Route ofBatch(String method, String call, Access access, Route.Handler handler) {
    return new Route(method, RouteTable.OF_BATCH + call, access, handler);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    Exchange exchange = new Exchange(request, response, callback, transport);
    exchange.attempt(
        () -> {
          cors.allow(request, response);
          if (cors.isPreflight(request, response)) {
            exchange.sendNothing(204);
          } else {
            route(exchange);
          }
        });
    return true;
  }

  private void route(Exchange exchange) throws IOException {
    Request request = exchange.request();
    RequestRules.check(request, exchange.limits());
    underWay.ofAddress(request);
    RouteTable.Found found = table.find(request.getMethod(), request.getHttpURI().getPath());
    exchange.asksFor(found.route());
    if (found.batch() != null) {
      exchange.about(found.batch());
    }
    Caller caller = gate.admit(request, found.route().access());
    exchange.by(caller);
    if (!caller.isNobody()) {
      underWay.ofOwner(request, caller.owner());
    }
    if (found.batch() != null) {
      owners.require(exchange.batch(), caller);
    }
    found.route().handler().handle(exchange);
  }
}
