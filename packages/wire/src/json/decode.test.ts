import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import {
  AppSchema,
  ConceptSchema,
  DataSchema,
  DatasetVersionMetricsGroupSchema,
  FrameInfoSchema,
  PipelineVersionRunSchema,
  Visibility_Gettable,
} from '../gen/proto/clarifai/api/resources_pb.js';
import {
  ListInputsRequestSchema,
  PostInputsRequestSchema,
  PostWorkflowResultsRequestSchema,
  RunnerItemSchema,
} from '../gen/proto/clarifai/api/service_pb.js';
import { StatusError } from '../status.ts';
import { decodeJson } from './decode.ts';

function detailsOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof StatusError && error.code === 11100) return error.details;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('names in both spellings, unknown names ignored, null as absent', () => {
  const json = { app_id: 'a', userId: 'u', nonsense: { deep: [1] }, name: null, toString: 'x' };
  expect(decodeJson(ConceptSchema, json)).toStrictEqual(
    create(ConceptSchema, { appId: 'a', userId: 'u', value: 1 }),
  );
});

test('a concept without a value has the value 1, at any depth; zero stays zero', () => {
  const json = { inputs: [{ data: { concepts: [{ id: 'a' }, { id: 'b', value: 0 }] } }] };
  const message = decodeJson(PostInputsRequestSchema, json);
  expect(message).toMatchObject({
    inputs: [
      {
        data: {
          concepts: [
            { id: 'a', value: 1 },
            { id: 'b', value: 0 },
          ],
        },
      },
    ],
  });
});

test('two messages share no lists, maps or oneofs', () => {
  const [one, two] = [decodeJson(DataSchema, {}), decodeJson(DataSchema, {})];
  expect(one).toStrictEqual(create(DataSchema));
  const lists = (message: object) => Object.values(message).filter(Array.isArray);
  expect(lists(one).length).toBeGreaterThan(3);
  for (const [i, list] of lists(one).entries()) expect(list).not.toBe(lists(two)[i]);
});

test('enums by name, by number and by a number that is not known yet', () => {
  const gettable = (value: unknown) => decodeJson(AppSchema, { visibility: { gettable: value } });
  const expected = { visibility: { gettable: Visibility_Gettable.PUBLIC } };
  expect(gettable('PUBLIC')).toMatchObject(expected);
  expect(gettable(Visibility_Gettable.PUBLIC)).toMatchObject(expected);
  expect(gettable(String(Visibility_Gettable.PUBLIC))).toMatchObject(expected);
  expect(gettable(4711)).toMatchObject({ visibility: { gettable: 4711 } });
  expect(detailsOf(() => gettable('public'))).toBe(
    'visibility.gettable: expected a name of Gettable, got "public"',
  );
});

test('numbers may be text; a float is rounded as over gRPC', () => {
  expect(decodeJson(ConceptSchema, { value: '0.95' })).toMatchObject({ value: Math.fround(0.95) });
  expect(decodeJson(ListInputsRequestSchema, { page: '2', per_page: 1e2 })).toMatchObject({
    page: 2,
    perPage: 100,
  });
  expect(decodeJson(FrameInfoSchema, { time: '18446744073709551615' })).toMatchObject({
    time: 2n ** 64n - 1n,
  });
  expect(decodeJson(FrameInfoSchema, { time: 5 })).toMatchObject({ time: 5n });
  expect(decodeJson(ConceptSchema, { value: 'NaN' })).toMatchObject({ value: Number.NaN });
});

test.each([
  [
    ListInputsRequestSchema,
    { page: -1 },
    'page: expected a whole number from 0 to 4294967295, got -1',
  ],
  [
    ListInputsRequestSchema,
    { page: 1.5 },
    'page: expected a whole number from 0 to 4294967295, got 1.5',
  ],
  [
    ListInputsRequestSchema,
    { page: '' },
    'page: expected a whole number from 0 to 4294967295, got ""',
  ],
  [
    ListInputsRequestSchema,
    { page: ' 1' },
    'page: expected a whole number from 0 to 4294967295, got " 1"',
  ],
  [
    ListInputsRequestSchema,
    { page: [1] },
    'page: expected a whole number from 0 to 4294967295, got a list',
  ],
  [
    FrameInfoSchema,
    { time: '18446744073709551616' },
    'time: expected a whole number from 0 to 18446744073709551615, got "18446744073709551616"',
  ],
  [ConceptSchema, { id: 5 }, 'id: expected a string, got 5'],
  [ConceptSchema, { value: 'high' }, 'value: expected a number, got "high"'],
  [
    ConceptSchema,
    { value: 1e39 },
    'value: expected a number within the range of a 32-bit float, got 1e+39',
  ],
  [AppSchema, { is_template: 'true' }, 'is_template: expected true or false, got "true"'],
  [PostInputsRequestSchema, { inputs: {} }, 'inputs: expected a list, got an object'],
  [PostInputsRequestSchema, { inputs: [{}, null] }, 'inputs[1]: expected an object, got null'],
  [
    PostInputsRequestSchema,
    { inputs: [{ data: 'x'.repeat(90) }] },
    `inputs[0].data: expected an object, got "${'x'.repeat(39)}…`,
  ],
  [
    PostInputsRequestSchema,
    { inputs: [{ data: { image: { base64: 'a$b=' } } }] },
    'inputs[0].data.image.base64: not base64',
  ],
  [
    PipelineVersionRunSchema,
    { started_at: 'now' },
    'started_at: expected a time such as 2024-05-01T12:00:00Z, got "now"',
  ],
  [
    PipelineVersionRunSchema,
    { total_run_duration: '5' },
    'total_run_duration: expected a duration such as 1.5s, got "5"',
  ],
  [PostInputsRequestSchema, [], 'expected an object, got a list'],
  [PostInputsRequestSchema, 'text', 'expected an object, got "text"'],
])('wrong: %#', (desc, json, details) => {
  expect(detailsOf(() => decodeJson(desc, json))).toBe(details);
});

test('bytes in the four spellings of base64, and wrapped as base64(1) wraps', () => {
  const base64 = (text: string) => decodeJson(DataSchema, { image: { base64: text } });
  const expected = { image: { base64: Uint8Array.of(251, 255, 254, 1) } };
  for (const text of ['+//+AQ==', '+//+AQ', '-__-AQ==', '-__-AQ', '+//+\nAQ==\n']) {
    expect(base64(text)).toMatchObject(expected);
  }
  for (const text of ['+//+A', '+//+AQ=', '+//+AQ===', '+/=+AQ', 'data:image/png;base64,AAAA']) {
    expect(
      detailsOf(() => base64(text)),
      text,
    ).toBe('image.base64: not base64');
  }
});

test('times, durations, structs, values and wrappers', () => {
  expect(
    decodeJson(PipelineVersionRunSchema, {
      started_at: '2016-03-09T17:11:39.608845Z',
      total_run_duration: '1.5s',
    }),
  ).toMatchObject({
    startedAt: { seconds: 1457543499n, nanos: 608845000 },
    totalRunDuration: { seconds: 1n, nanos: 500_000_000 },
  });
  expect(decodeJson(DataSchema, { metadata: { a: [null, { b: 1 }] } })).toMatchObject({
    metadata: { a: [null, { b: 1 }] },
  });
  expect(decodeJson(AppSchema, { is_template: false })).toMatchObject({ isTemplate: false });
  expect(decodeJson(DatasetVersionMetricsGroupSchema, { value: null })).toMatchObject({
    value: { kind: { case: 'nullValue' } },
  });
});

test('a oneof takes one member', () => {
  const item = decodeJson(RunnerItemSchema, {
    auto_annotation_request: {},
    syncStateRequest: null,
  });
  expect(item).toMatchObject({ request: { case: 'autoAnnotationRequest' } });
  const both = { auto_annotation_request: {}, post_model_outputs_request: {} };
  expect(detailsOf(() => decodeJson(RunnerItemSchema, both))).toBe(
    'post_model_outputs_request: only one member of request may be set',
  );
});

test('depth is limited', () => {
  const nest = (levels: number) =>
    JSON.parse(`${'{"frames":[{"data":'.repeat(levels)}{}${'}]}'.repeat(levels)}`);
  expect(decodeJson(DataSchema, nest(33))).toMatchObject({ frames: [{ data: {} }] });
  expect(detailsOf(() => decodeJson(DataSchema, nest(34)))).toMatch(
    /nested deeper than 100 levels$/,
  );
  const struct = { metadata: JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`) };
  expect(detailsOf(() => decodeJson(DataSchema, { metadata: { a: struct.metadata } }))).toMatch(
    /nested deeper/,
  );
});

test('no name reaches a prototype', () => {
  const evil = JSON.parse(
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
  );
  expect(decodeJson(DataSchema, evil)).toStrictEqual(create(DataSchema));
  expect(detailsOf(() => decodeJson(DataSchema, { metadata: { a: evil } }))).toBe(
    'metadata.a.__proto__: this name is not allowed',
  );
  const map = JSON.parse('{"node_runner_selectors":{"__proto__":{}}}');
  expect(detailsOf(() => decodeJson(PostWorkflowResultsRequestSchema, map))).toMatch(
    /__proto__: this name/,
  );
  expect(Object.getPrototypeOf({})).not.toHaveProperty('polluted');
});
