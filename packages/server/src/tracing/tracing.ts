// Spans as the server makes them. Whoever makes one asks first whether there is a Tracing: without one nothing is made.
// What runs within a span has it as its parent, however deep; only here is that not handed on as an argument.

export interface Tracing {
  begin(name: string, options?: SpanOptions): Span;
  /** What runs now, for work that runs later; undefined where nothing runs that is traced. */
  here(): string | undefined;
}

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  /** Default: internal. */
  readonly kind?: 'internal' | 'server' | 'client' | 'consumer';
  readonly attributes?: Attributes;
  /** W3C headers of whoever called us; the parent is then theirs, or none. */
  readonly from?: {
    readonly traceparent?: string | undefined;
    readonly tracestate?: string | undefined;
  };
  /** Of `here()`: what caused it, and does not wait for it. */
  readonly causedBy?: string | undefined;
}

export interface Span {
  set(attributes: Attributes): void;
  /** Names the kind of fault. What an error says may be a secret, and stays out. */
  fail(kind: string): void;
  end(): void;
  /** Whatever begins while this runs is below the span. */
  run<T>(work: () => T): T;
}

/** Runs `work` in a span of its own, where there is tracing. */
export async function within<T>(
  tracing: Tracing | undefined,
  name: string,
  options: SpanOptions,
  work: (span?: Span) => Promise<T>,
): Promise<T> {
  if (!tracing) return await work();
  const span = tracing.begin(name, options);
  try {
    return await span.run(() => work(span));
  } catch (error) {
    span.fail(faultOf(error));
    throw error;
  } finally {
    span.end();
  }
}

export function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code, fault } = error as { code?: unknown; fault?: unknown };
  const kind = fault ?? code;
  return kind === undefined ? error.name : `${error.name} ${kind}`;
}
