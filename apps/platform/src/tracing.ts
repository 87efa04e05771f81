// Traces by OpenTelemetry, where its standard variables ask for them. Nothing of it is loaded otherwise.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tracing } from '@limpid/server/tracing/tracing';
import type { Log } from '@limpid/store';
import type { Config } from './config.ts';

export interface OpenTracing extends AsyncDisposable {
  readonly tracing: Tracing;
}

/** A collector that does not answer must not hold up the end. */
const FLUSH_MS = 5_000;

export async function openTracing(
  { traces }: Pick<Config, 'traces'>,
  log: Log,
): Promise<OpenTracing | undefined> {
  if (!traces) return undefined;
  const [sdk, { OTLPTraceExporter }, resources, { diag, DiagLogLevel }, { createTracing }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/exporter-trace-otlp-proto'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/api'),
      import('@limpid/server/tracing/spans'),
    ]);
  // As when the collector can't be reached: once a batch, so it is no flood.
  const warn = (text: string): void => log.warn({ text }, 'traces');
  const silent = (): void => undefined;
  diag.setLogger(
    { error: warn, warn, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const named = resources.resourceFromAttributes({ 'service.name': 'limpid' });
  const detected = resources.detectResources({ detectors: [resources.envDetector] });
  const provider = new sdk.BasicTracerProvider({
    resource: named.merge(detected),
    spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter())],
  });
  return {
    tracing: createTracing(provider.getTracer('limpid')),
    [Symbol.asyncDispose]: async () => {
      const late = new AbortController();
      await Promise.race([
        provider.shutdown().catch((error: unknown) => warn(String(error))),
        sleep(FLUSH_MS, undefined, { signal: late.signal }).catch(silent),
      ]);
      late.abort();
    },
  };
}
