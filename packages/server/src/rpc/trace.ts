// The span of a call, from its headers to its answer.
import { statusInfo, V2 } from '@limpid/wire';
import type { Span, Tracing } from '../tracing/tracing.ts';
import type { Incoming, Outcome } from './dispatch-types.ts';

export function beginCall(tracing: Tracing, incoming: Incoming, reqId: string): Span {
  const { method, transport, peer } = incoming;
  return tracing.begin(`${V2.typeName}/${method.name}`, {
    kind: 'server',
    from: {
      traceparent: incoming.header('traceparent'),
      tracestate: incoming.header('tracestate'),
    },
    attributes: {
      'rpc.system': transport,
      'rpc.service': V2.typeName,
      'rpc.method': method.name,
      'client.address': peer,
      'clarifai.request_id': reqId,
    },
  });
}

export function endCall(
  span: Span,
  { method, transport }: Incoming,
  { code, bytesIn, bytesOut }: Outcome,
  userId: string | undefined,
): void {
  const { http, audience } = statusInfo(code);
  span.set({
    'clarifai.status_code': code,
    'user.id': userId,
    'rpc.request.size': bytesIn,
    'rpc.response.size': bytesOut,
    // gRPC itself always succeeds; so does a stream over HTTP, which has begun before it can fail.
    ...(transport === 'grpc'
      ? { 'rpc.grpc.status_code': 0 }
      : { 'http.response.status_code': method.kind === 'unary' ? http : 200 }),
  });
  if (audience === 'bug') span.fail(String(code));
  span.end();
}

/** An iterable whose every step runs within the span. */
export async function* stepsWithin<T>(span: Span, steps: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = steps[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await span.run(() => iterator.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await span.run(() => iterator.return?.());
  }
}
