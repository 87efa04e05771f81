// Real calls, a real exporter, and a collector that keeps what it is sent.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { credentials, Metadata, makeGenericClientConstructor } from '@grpc/grpc-js';
import { createFetcher } from '@limpid/server/flows/media/fetch-url';
import { startServer } from '@limpid/server/server';
import { traceFetch } from '@limpid/server/tracing/outside';
import { atEndOfFile } from '@limpid/testkit/leaks';
import { silentLogger } from '@limpid/testkit/logger';
import { type TestPlatform, type TestUser, testPlatform } from '@limpid/testkit/platform';
import {
  create,
  fromBinary,
  GetInputRequestSchema,
  SingleInputResponseSchema,
  toBinary,
} from '@limpid/wire';
import { Registry } from 'prom-client';
import protobuf from 'protobufjs';
import { expect, test, vi } from 'vitest';
import { readEnv } from './env.ts';
import { openTracing } from './tracing.ts';

/** What the tests read of opentelemetry/proto/collector/trace/v1. */
const { root } = protobuf.parse(`syntax = "proto3";
  message Export { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    repeated KeyValue attributes = 9; repeated Link links = 13; Status status = 15;
  }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Status { int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue {
    oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; }
  }`);
const Export = root.lookupType('Export');

interface Seen {
  readonly name: string;
  readonly trace: string;
  readonly id: string;
  readonly parent: string;
  readonly links: readonly string[];
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface Collector {
  readonly url: string;
  readonly service: Set<unknown>;
  readonly spans: Seen[];
  readonly texts: string[];
}

const SPAN = '1'.repeat(16);
const parentOf = (trace: string, flags = '01') => `00-${trace}-${SPAN}-${flags}`;

async function startCollector(): Promise<Collector> {
  const collector = { service: new Set<unknown>(), spans: [] as Seen[], texts: [] as string[] };
  const url = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    expect(request.url).toBe('/v1/traces');
    collector.texts.push(body.toString('latin1'));
    const options = { bytes: String, longs: Number, defaults: false, oneofs: false };
    // biome-ignore lint/suspicious/noExplicitAny: plain data by the schema above.
    const sent: any = Export.toObject(Export.decode(body), { ...options, arrays: true });
    for (const { resource, scopeSpans } of sent.resourceSpans) {
      collector.service.add(flat(resource.attributes)['service.name']);
      for (const { spans } of scopeSpans) collector.spans.push(...spans.map(seen));
    }
    response.end();
  });
  return { url, ...collector };
}

// biome-ignore lint/suspicious/noExplicitAny: plain data by the schema above.
function seen({ name, traceId, spanId, parentSpanId, links, status, attributes }: any): Seen {
  const hex = (base64 = '') => Buffer.from(base64, 'base64').toString('hex');
  return {
    name,
    trace: hex(traceId),
    id: hex(spanId),
    parent: hex(parentSpanId),
    links: links.map((link: { traceId: string }) => hex(link.traceId)),
    failed: status?.code === 2,
    attributes: flat(attributes),
  };
}

function flat(attributes: { key: string; value: object }[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

async function serve(listener: http.RequestListener): Promise<string> {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEndOfFile(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves while `work` runs, ends as the platform does, and returns what the collector was sent. */
async function traced(
  settings: Readonly<Record<string, string>>,
  work: (place: { url: string; platform: TestPlatform; ann: TestUser }) => Promise<void>,
): Promise<Collector> {
  const collector = await startCollector();
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...settings };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  try {
    const opened = await openTracing(readEnv(variables), silentLogger);
    const tracing = opened?.tracing;
    const fetchUrl = createFetcher({ allowed: ['127.0.0.1'] });
    const overrides = tracing && { tracing, fetchUrl: traceFetch(tracing, fetchUrl) };
    await using platform = await testPlatform(overrides);
    const ann = await platform.addUser('ann');
    const server = await startServer({
      deps: platform.deps,
      registry: new Registry(),
      readiness: async () => ({ ready: true, details: {} }),
      listen: {
        host: '127.0.0.1',
        port: 0,
        maxMessageBytes: 1 << 20,
        corsOrigins: [],
        descriptors: new Uint8Array(),
      },
    });
    await work({ url: `http://127.0.0.1:${server.port}`, platform, ann });
    await server.close(1_000);
    await opened?.[Symbol.asyncDispose]();
  } finally {
    vi.unstubAllEnvs();
  }
  return collector;
}

async function rest(url: string, { pat }: TestUser, body?: object, traceparent?: string) {
  const headers = {
    authorization: `Key ${pat}`,
    'content-type': 'application/json',
    ...(traceparent && { traceparent }),
  };
  const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
  const answer = await fetch(url, { headers, ...init });
  return (await answer.json()) as { status: { code: number; req_id: string } };
}

async function getInputByGrpc(url: string, { pat }: TestUser, traceparent: string) {
  const Client = makeGenericClientConstructor({}, 'none');
  const client = new Client(new URL(url).host, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Key ${pat}`);
  metadata.set('traceparent', traceparent);
  const place = { userAppId: { userId: 'ann', appId: 'zoo' } };
  const request = create(GetInputRequestSchema, { ...place, inputId: 'words' });
  const answer = await new Promise<Buffer>((resolve, reject) => {
    client.makeUnaryRequest(
      '/clarifai.api.V2/GetInput',
      (message: typeof request) => Buffer.from(toBinary(GetInputRequestSchema, message)),
      (bytes: Buffer) => bytes,
      request,
      metadata,
      (error, bytes) => (bytes ? resolve(bytes) : reject(error)),
    );
  });
  client.close();
  return fromBinary(SingleInputResponseSchema, answer);
}

test('calls of both kinds, what they wait for and what they cause arrive at a collector', async () => {
  const [posted, got, missed] = ['a', 'b', 'c'].map((digit) => digit.repeat(32)) as [
    string,
    string,
    string,
  ];
  const picture = await serve((_, response) => response.writeHead(404).end());
  let reqId: string | undefined;
  const { service, spans, texts } = await traced(
    { OTEL_SERVICE_NAME: 'zookeeper' },
    async ({ url, platform, ann }) => {
      const apps = `${url}/v2/users/ann/apps`;
      await rest(apps, ann, { apps: [{ id: 'zoo' }] });
      const inputs = [
        { id: 'words', data: { text: { raw: 'hens' } } },
        { id: 'picture', data: { image: { url: `${picture}/hidden-path?token=hidden-query` } } },
      ];
      const answer = await rest(`${apps}/zoo/inputs`, ann, { inputs }, parentOf(posted));
      expect(answer.status.code).toBe(10000);
      reqId = answer.status.req_id;
      await platform.drain();
      const input = await getInputByGrpc(url, ann, parentOf(got));
      expect(input.input?.id).toBe('words');
      await rest(`${apps}/zoo/inputs/none`, ann, undefined, parentOf(missed));
    },
  );
  expect([...service]).toEqual(['zookeeper']);
  const named = (name: string, trace?: string) =>
    spans.filter((span) => span.name === name && (!trace || span.trace === trace));
  const [post] = named('clarifai.api.V2/PostInputs');
  expect(post).toMatchObject({
    trace: posted,
    parent: SPAN,
    failed: false,
    attributes: {
      'rpc.system': 'rest',
      'rpc.service': 'clarifai.api.V2',
      'rpc.method': 'PostInputs',
      'clarifai.status_code': 10000,
      'clarifai.request_id': reqId,
      'http.response.status_code': 200,
      'user.id': 'ann',
    },
  });
  const [handle] = named('handle', posted);
  expect(handle?.parent).toBe(post?.id);
  expect(named('insert inputs', posted)[0]?.parent).toBe(handle?.id);
  // Who asked is found out before the handler.
  expect(named('select credentials', posted)[0]?.parent).toBe(post?.id);

  const [job] = named('job ingest-inputs');
  expect(job).toMatchObject({ parent: '', links: [posted], failed: false });
  const [fetched] = named('fetch url', job?.trace);
  expect(fetched).toMatchObject({
    failed: true,
    attributes: { 'server.address': '127.0.0.1', 'error.type': 'FetchError failed' },
  });
  expect(texts.join()).not.toMatch(/hidden|hens/);
  expect(texts.join()).not.toContain('Key ');

  expect(named('clarifai.api.V2/GetInput', got)[0]).toMatchObject({
    parent: SPAN,
    attributes: { 'rpc.system': 'grpc', 'rpc.grpc.status_code': 0, 'clarifai.status_code': 10000 },
  });
  // A caller's mistake is no failure of the server.
  expect(named('clarifai.api.V2/GetInput', missed)[0]).toMatchObject({
    failed: false,
    attributes: { 'http.response.status_code': 404 },
  });
});

test('what the caller or the sampler leaves out is not sent', async () => {
  const unsampled = await traced({}, async ({ url, ann }) => {
    await rest(`${url}/v2/users/ann/apps`, ann, undefined, parentOf('d'.repeat(32), '00'));
    await rest(`${url}/v2/users/ann/apps`, ann);
  });
  expect(unsampled.spans.filter(({ parent }) => !parent)).toHaveLength(1);
  expect(unsampled.spans.filter(({ trace }) => trace === 'd'.repeat(32))).toEqual([]);
  const off = await traced({ OTEL_TRACES_SAMPLER: 'always_off' }, async ({ url, ann }) => {
    await rest(`${url}/v2/users/ann/apps`, ann);
  });
  expect(off.spans).toEqual([]);
});

test('traces are off until a standard variable asks for them', async () => {
  const traces = (vars: Record<string, string>) => readEnv(vars).traces;
  expect(traces({})).toBe(false);
  expect(traces({ OTEL_SERVICE_NAME: 'zookeeper' })).toBe(false);
  expect(traces({ OTEL_TRACES_EXPORTER: 'otlp' })).toBe(true);
  expect(traces({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector/v1/traces' })).toBe(true);
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  expect(traces(endpoint)).toBe(true);
  expect(traces({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).toBe(false);
  expect(traces({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).toBe(false);
  expect(() => traces({ OTEL_TRACES_EXPORTER: 'zipkin' })).toThrow(/OTEL_TRACES_EXPORTER must be/);
  expect(() => traces({ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toThrow(
    /http\/protobuf/,
  );
  expect(await openTracing({ traces: false }, silentLogger)).toBeUndefined();
});
