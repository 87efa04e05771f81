// The same by OpenTelemetry. Loaded only where traces are wanted; no state of the process is set.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  type Link,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Span, SpanOptions, Tracing } from './tracing.ts';

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
} as const;

const w3c = new W3CTraceContextPropagator();

export function createTracing(tracer: Tracer): Tracing {
  const active = new AsyncLocalStorage<Context>();
  return {
    begin: (name, { kind = 'internal', attributes = {}, from, causedBy }: SpanOptions = {}) => {
      const parent = from ? extract(from) : (active.getStore() ?? ROOT_CONTEXT);
      const options = {
        kind: kinds[kind],
        attributes: { ...attributes },
        links: linksOf(causedBy),
      };
      const span = tracer.startSpan(name, options, parent);
      const context = trace.setSpan(parent, span);
      return asSpan(span, (work) => active.run(context, work));
    },
    here: () => {
      const carrier: { traceparent?: string } = {};
      w3c.inject(active.getStore() ?? ROOT_CONTEXT, carrier, defaultTextMapSetter);
      return carrier.traceparent;
    },
  };
}

function asSpan(span: OtelSpan, run: Span['run']): Span {
  return {
    set: (attributes) => void span.setAttributes({ ...attributes }),
    fail: (kind) => {
      span.setAttribute('error.type', kind);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end: () => span.end(),
    run,
  };
}

function extract(headers: NonNullable<SpanOptions['from']>): Context {
  return w3c.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
}

function linksOf(causedBy: string | undefined): Link[] {
  if (!causedBy) return [];
  const context = trace.getSpanContext(extract({ traceparent: causedBy }));
  return context ? [{ context }] : [];
}
