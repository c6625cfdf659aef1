import type * as Api from "@opentelemetry/api";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** Spans are exported while this is open. */
export interface Tracing {
  /** One server span a request, child of the caller's; spans made in the handler become its children. */
  traceRequests: (app: FastifyInstance) => void;
  /** Exports what is left. */
  close: () => Promise<void>;
}

interface TracingOptions {
  service: string;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`; without it nothing is loaded and nothing is traced. */
  endpoint: string | undefined;
}

/** Starts OpenTelemetry where somebody collects its spans. */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  if (!options.endpoint) return undefined;
  // Loaded here, so that only those who collect spans pay for loading it.
  const [api, { NodeSDK }, { OTLPTraceExporter }] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/sdk-node"),
    import("@opentelemetry/exporter-trace-otlp-http"),
  ]);
  const url = `${options.endpoint.replace(/\/$/, "")}/v1/traces`;
  const sdk = new NodeSDK({
    serviceName: options.service,
    traceExporter: new OTLPTraceExporter({ url }),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  return {
    traceRequests: (app) => addSpanHooks(app, api),
    close: () => sdk.shutdown(),
  };
}

function addSpanHooks(app: FastifyInstance, api: typeof Api): void {
  const { context, propagation, SpanKind, SpanStatusCode, trace } = api;
  const tracer = trace.getTracer("groundswell");
  const spans = new WeakMap<FastifyRequest, Api.Span>();
  app.addHook("onRequest", (request, _reply, done) => {
    const caller = propagation.extract(context.active(), request.headers);
    const route = request.routeOptions.url ?? "(none)";
    const attributes = { "http.request.method": request.method, "http.route": route };
    const name = `${request.method} ${route}`;
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, caller);
    spans.set(request, span);
    context.with(trace.setSpan(caller, span), done);
  });
  app.addHook("onResponse", (request, reply, done) => {
    const span = spans.get(request);
    span?.setAttribute("http.response.status_code", reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    done();
  });
}
