import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ListValueSchema, ValueSchema } from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import {
  AppSchema,
  ConceptSchema,
  DataSchema,
  DatasetVersionMetricsGroupSchema,
  DatasetVersionMetricsSchema,
  FrameInfoSchema,
  MetricType,
  MetricTypeLabelsSchema,
  ModelSchema,
  PipelineVersionRunSchema,
  RegionInfoSchema,
  TimeSegmentSchema,
  Visibility_Gettable,
} from '../gen/proto/clarifai/api/resources_pb.js';
import {
  MultiConceptResponseSchema,
  MultiOutputResponseSchema,
  PatchAnnotationsStatusRequestSchema,
  RunnerItemSchema,
} from '../gen/proto/clarifai/api/service_pb.js';
import { StatusCode } from '../gen/proto/clarifai/api/status/status_code_pb.js';
import { encodeJson } from './encode.ts';

test('the documented envelope: code as a number, names in snake_case', () => {
  const status = { code: StatusCode.SUCCESS, description: 'Ok', reqId: '20ab' };
  expect(
    encodeJson(MultiConceptResponseSchema, create(MultiConceptResponseSchema, { status })),
  ).toBe('{"status":{"code":10000,"description":"Ok","req_id":"20ab"},"concepts":[]}');
});

test('a status within a resource is a number too, at any depth', () => {
  const modelVersion = { id: 'v', status: { code: StatusCode.MODEL_TRAINED } };
  const message = create(MultiOutputResponseSchema, { outputs: [{ model: { modelVersion } }] });
  expect(JSON.parse(encodeJson(MultiOutputResponseSchema, message))).toEqual({
    outputs: [{ model: { app_id: '', model_version: { id: 'v', status: { code: 21100 } } } }],
  });
});

test('other fields of the same enum, and all other enums, are names', () => {
  const request = create(PatchAnnotationsStatusRequestSchema, {
    statusCode: StatusCode.ANNOTATION_SUCCESS,
    statusCodes: [StatusCode.SUCCESS],
  });
  expect(JSON.parse(encodeJson(PatchAnnotationsStatusRequestSchema, request))).toEqual({
    status_code: 'ANNOTATION_SUCCESS',
    status_codes: ['SUCCESS'],
  });
  const app = create(AppSchema, { visibility: { gettable: Visibility_Gettable.PUBLIC } });
  expect(JSON.parse(encodeJson(AppSchema, app))).toEqual({ visibility: { gettable: 'PUBLIC' } });
});

test('an enum value nobody knows is its number', () => {
  const app = create(AppSchema, { visibility: { gettable: 4711 as Visibility_Gettable } });
  expect(JSON.parse(encodeJson(AppSchema, app))).toEqual({ visibility: { gettable: 4711 } });
});

test('of two names for one number the first declared is written', () => {
  const query = create(MetricTypeLabelsSchema, { metricType: MetricType.MODEL_LATENCY });
  expect(encodeJson(MetricTypeLabelsSchema, query)).toContain('"MODEL_E2E_LATENCY"');
});

test('floats that came over the wire print as they were meant', () => {
  const wire = toBinary(ConceptSchema, create(ConceptSchema, { id: 'a', value: 0.95 }));
  expect(encodeJson(ConceptSchema, fromBinary(ConceptSchema, wire))).toBe(
    '{"id":"a","value":0.95}',
  );
});

test('zero is spelled out where readers would take its absence for something else', () => {
  expect(encodeJson(ConceptSchema, create(ConceptSchema, { id: 'a' }))).toBe(
    '{"id":"a","value":0}',
  );
  const box = create(RegionInfoSchema, { boundingBox: { rightCol: 1 } });
  expect(JSON.parse(encodeJson(RegionInfoSchema, box))).toEqual({
    bounding_box: { top_row: 0, left_col: 0, bottom_row: 0, right_col: 1 },
  });
});

test('64-bit integers are strings, however they are held', () => {
  const frame = create(FrameInfoSchema, { time: 2n ** 53n + 1n });
  expect(encodeJson(FrameInfoSchema, frame)).toBe(
    '{"index":0,"time":"9007199254740993","number":0}',
  );
  const metrics = create(DatasetVersionMetricsSchema, { inputsCount: 0n });
  expect(encodeJson(DatasetVersionMetricsSchema, metrics)).toBe('{"inputs_count":"0"}');
});

test('a set wrapper is written even when zero', () => {
  expect(encodeJson(ModelSchema, create(ModelSchema, { featuredOrder: 0 }))).toContain(
    '"featured_order":0',
  );
  expect(encodeJson(AppSchema, create(AppSchema, { isTemplate: false }))).toBe(
    '{"is_template":false}',
  );
});

test('a set but empty message is an empty object', () => {
  expect(encodeJson(DataSchema, create(DataSchema, { image: {} }))).toBe('{"image":{}}');
});

test('only the chosen member of a oneof is written, even when zero', () => {
  const item = create(RunnerItemSchema, {
    id: 'i',
    request: { case: 'autoAnnotationRequest', value: {} },
  });
  expect(encodeJson(RunnerItemSchema, item)).toBe('{"id":"i","auto_annotation_request":{}}');
});

test('bytes, durations and times', () => {
  const data = create(DataSchema, { image: { base64: Uint8Array.of(251, 255, 254) } });
  expect(encodeJson(DataSchema, data)).toBe('{"image":{"base64":"+//+"}}');
  const view = new Uint8Array(Uint8Array.of(9, 251, 255, 254, 9).buffer, 1, 3);
  expect(encodeJson(DataSchema, create(DataSchema, { image: { base64: view } }))).toBe(
    encodeJson(DataSchema, data),
  );
  const run = create(PipelineVersionRunSchema, {
    startedAt: { seconds: 1457543499n, nanos: 608845000 },
    totalRunDuration: { seconds: 90n, nanos: 500_000_000 },
  });
  expect(JSON.parse(encodeJson(PipelineVersionRunSchema, run))).toEqual({
    started_at: '2016-03-09T17:11:39.608845Z',
    total_run_duration: '90.500s',
  });
});

test('what a gRPC client sent beyond JSON does not make a resource unreadable', () => {
  const run = create(PipelineVersionRunSchema, { startedAt: { seconds: 10n ** 15n } });
  expect(encodeJson(PipelineVersionRunSchema, run)).toBe('{"started_at":null}');
  const data = create(DataSchema, { metadata: { n: Number.NaN } });
  expect(encodeJson(DataSchema, data)).toBe('{"metadata":{"n":null}}');
  const values = [create(ValueSchema)];
  const value = create(ValueSchema, {
    kind: { case: 'listValue', value: create(ListValueSchema, { values }) },
  });
  const group = create(DatasetVersionMetricsGroupSchema, { value });
  expect(encodeJson(DatasetVersionMetricsGroupSchema, group)).toBe('{"value":[null]}');
});

test('strings are escaped', () => {
  const text = 'a"b\\c\n\u2028\ud800 é';
  const long = text.repeat(50);
  for (const id of [text, long]) {
    const json = encodeJson(ConceptSchema, create(ConceptSchema, { id, value: 1 }));
    expect(JSON.parse(json)).toEqual({ id, value: 1 });
  }
});

test('a recursive message', () => {
  const inner = { data: { concepts: [{ id: 'a', value: 1 }] } };
  const message = create(DataSchema, {
    regions: [{ data: { frames: [{ data: inner.data }] } }],
    timeSegments: [create(TimeSegmentSchema, { id: 't', data: { regions: [inner] } })],
  });
  expect(JSON.parse(encodeJson(DataSchema, message))).toMatchObject({
    regions: [{ data: { frames: [inner] } }],
    time_segments: [{ id: 't', data: { regions: [inner] } }],
  });
});
