import { StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';
import { FetchError } from '../flows/media/fetch-url.ts';
import { answer, createRig, open, request, settle } from '../runners/test-support.ts';
import { traceFetch, traceQueries, traceRunners } from './outside.ts';
import type { Span, SpanOptions, Tracing } from './tracing.ts';

class Recorded implements Span {
  readonly name: string;
  readonly parent: string | undefined;
  readonly attributes: Record<string, unknown>;
  readonly #within: Recording;
  fault: string | undefined;
  ended = false;

  constructor(within: Recording, name: string, options: SpanOptions) {
    this.name = name;
    this.parent = within.active?.name;
    this.attributes = { ...options.attributes };
    this.#within = within;
  }

  set(attributes: object): void {
    Object.assign(this.attributes, attributes);
  }

  fail(kind: string): void {
    this.fault = kind;
  }

  end(): void {
    this.ended = true;
  }

  /** For as long as the work is synchronous, which is as long as these tests need it. */
  run<T>(work: () => T): T {
    const before = this.#within.active;
    this.#within.active = this;
    try {
      return work();
    } finally {
      this.#within.active = before;
    }
  }
}

class Recording implements Tracing {
  active: Recorded | undefined;
  readonly spans: Recorded[] = [];

  begin(name: string, options: SpanOptions = {}): Recorded {
    const span = new Recorded(this, name, options);
    this.spans.push(span);
    return span;
  }

  here(): string | undefined {
    return this.active?.name;
  }

  get told(): (string | undefined)[][] {
    return this.spans.map(({ name, parent, fault }) => [name, parent, fault]);
  }

  get open(): string[] {
    return this.spans.filter(({ ended }) => !ended).map(({ name }) => name);
  }
}

test('a prediction waits for a slot, then for the model', async () => {
  const rig = createRig();
  const tracing = new Recording();
  const runners = traceRunners(tracing, rig.dispatcher);
  const signal = new AbortController().signal;
  const target = { runnerKeys: ['runner'], mayCome: true };
  const stream = await open(rig, { runnerId: 'runner' });
  const predicted = runners.predict(target, { request: request('first'), signal });
  const second = runners.predict(target, { request: request('second'), signal });
  await settle();
  expect(tracing.open).toEqual(['predict', 'runner relay', 'predict', 'runner wait']);
  const [item] = stream.work;
  await stream.say(StatusCode.SUCCESS, item?.id ?? '', answer('done'));
  expect((await predicted).outputs[0]?.id).toBe('done');
  await rig.dispatcher.drain(AbortSignal.abort());
  await expect(second).rejects.toThrow();
  expect(tracing.told.slice(0, 2)).toEqual([
    ['predict', undefined, undefined],
    ['runner wait', 'predict', undefined],
  ]);
  expect(tracing.spans.filter(({ name }) => name === 'runner relay')[0]).toMatchObject({
    parent: 'predict',
    attributes: { 'limpid.runner': 'runner' },
  });
  expect(tracing.spans.filter(({ fault }) => fault?.startsWith('StatusError'))).toHaveLength(2);
  expect(tracing.open).toEqual([]);
});

test('a streamed prediction ends its spans with its last answer', async () => {
  const rig = createRig();
  const tracing = new Recording();
  const runners = traceRunners(tracing, rig.dispatcher);
  const signal = new AbortController().signal;
  const stream = await open(rig, { runnerId: 'runner' });
  const answers = runners.submit(
    { runnerKeys: ['runner'], mayCome: true },
    { kind: 'generate', request: request(), signal },
  );
  const first = answers.next();
  await settle();
  await stream.output('word', stream.work[0]?.id);
  expect((await first).value?.outputs[0]?.id).toBe('word');
  expect(tracing.open).toEqual(['predict', 'runner relay']);
  await answers.return?.(undefined);
  expect(tracing.open).toEqual([]);
});

test('a download tells where it went and nothing of what stands behind the host', async () => {
  const tracing = new Recording();
  const options = { file: '/dev/null', maxBytes: 1, signal: new AbortController().signal };
  const url = 'https://name:word@pictures.example:8443/path?token=hidden';
  expect(await traceFetch(tracing, async () => ({ size: 7 }))(url, options)).toEqual({ size: 7 });
  const failing = traceFetch(tracing, async () => {
    throw new FetchError('address', `not ${url}`);
  });
  await expect(failing(url, options)).rejects.toThrow(FetchError);
  expect(tracing.told).toEqual([
    ['fetch url', undefined, undefined],
    ['fetch url', undefined, 'FetchError address'],
  ]);
  expect(tracing.spans[0]?.attributes).toEqual({
    'http.request.method': 'GET',
    'url.scheme': 'https',
    'server.address': 'pictures.example',
    'server.port': 8443,
    'http.response.body.size': 7,
  });
});

test('statements are named by what they do, and only where somebody waits for them', async () => {
  const tracing = new Recording();
  const watch = traceQueries(tracing);
  const send = async () => 1;
  await watch('select 1 from inputs', send);
  expect(tracing.spans).toEqual([]);
  const call = tracing.begin('call');
  const texts = [
    'select "i"."id" from "inputs" as "i" where "i"."id" = $1',
    '\n  with a as (select 1) select key from (select key from embeddings) e',
    'insert into "usage_records" ("id") values ($1)',
    'update apps set body = $1',
    'commit',
  ];
  for (const text of texts) await call.run(() => watch(text, send));
  expect(tracing.told.slice(1)).toEqual(
    ['select inputs', 'with embeddings', 'insert usage_records', 'update apps', 'commit'].map(
      (name) => [name, 'call', undefined],
    ),
  );
  expect(tracing.spans[3]?.attributes['db.query.text']).toBe(texts[2]);
});
