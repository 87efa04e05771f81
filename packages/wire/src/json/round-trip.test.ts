import {
  create,
  createRegistry,
  type DescField,
  type DescMessage,
  equals,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  ScalarType,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import { file_proto_clarifai_api_resources as resources } from '../gen/proto/clarifai/api/resources_pb.js';
import { file_proto_clarifai_api_service as service } from '../gen/proto/clarifai/api/service_pb.js';
import { file_proto_clarifai_api_status_status as status } from '../gen/proto/clarifai/api/status/status_pb.js';
import { decodeJson } from './decode.ts';
import { encodeJson } from './encode.ts';
import { defaultFloat, isShownIfEmpty } from './options.ts';

const registry = createRegistry(service, resources, status);
const messages = [...registry]
  .filter((type) => type.kind === 'message')
  .filter((desc) => desc.typeName.startsWith('clarifai.'));

/** Every field set to something that is not its default; `seed` picks the member of each oneof. */
function fill(desc: DescMessage, seed: number, depth: number): Record<string, unknown> {
  const init: Record<string, unknown> = {};
  for (const member of desc.members) {
    if (member.kind === 'field') {
      const value = fillField(member, seed, depth);
      if (value !== undefined) init[member.localName] = value;
      continue;
    }
    const field = member.fields[seed % member.fields.length];
    const value = field && fillField(field, seed, depth);
    if (value !== undefined) init[member.localName] = { case: field?.localName, value };
  }
  return init;
}

function fillField(field: DescField, seed: number, depth: number): unknown {
  const value = fillValue(field, seed, depth);
  if (value === undefined) return undefined;
  if (field.fieldKind === 'list') return [value, value];
  return field.fieldKind === 'map' ? { 'a key "': value, constructor: value } : value;
}

function fillValue(field: DescField, seed: number, depth: number): unknown {
  if (field.message) {
    const known = fillWellKnown(field, field.message, seed);
    if (known !== undefined) return known;
    return depth === 0
      ? undefined
      : create(field.message, fill(field.message, seed + 1, depth - 1));
  }
  if (field.enum) return field.enum.values[seed % field.enum.values.length]?.number || 1;
  return fillScalar(field.scalar, seed + field.number);
}

function fillWellKnown(field: DescField, desc: DescMessage, seed: number): unknown {
  if (isWrapperDesc(desc)) {
    const value = fillScalar(desc.fields[0]?.scalar, seed);
    return field.fieldKind === 'message' && !field.oneof ? value : create(desc, { value });
  }
  const json: Record<string, JsonValue> = {
    'google.protobuf.Struct': { n: 1.5, list: [null, true, { deep: 'é"\\' }], empty: {} },
    'google.protobuf.Value': seed % 2 === 0 ? { a: [1, 'two'] } : 'text',
    'google.protobuf.Timestamp': '2024-05-01T12:00:00.000000001Z',
    'google.protobuf.Duration': '-3.250s',
  };
  const value = json[desc.typeName];
  if (value === undefined) return undefined;
  return desc.typeName === 'google.protobuf.Struct' ? value : fromJson(desc, value);
}

function fillScalar(type: ScalarType | undefined, n: number): unknown {
  switch (type) {
    case ScalarType.STRING:
      return `text ${n} "quoted" \u0001 \ud83d\ude00`;
    case ScalarType.BOOL:
      return true;
    case ScalarType.BYTES:
      return Uint8Array.from({ length: 1 + (n % 5) }, (_, i) => 250 + i);
    case ScalarType.FLOAT:
      return Math.fround(n / 7);
    case ScalarType.DOUBLE:
      return n / 7;
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return -(2n ** 62n) - BigInt(n);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return 2n ** 63n + BigInt(n);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return 4_000_000_000 + n;
    default:
      return -n - 1;
  }
}

const parse = (desc: DescMessage, message: Message) =>
  JSON.parse(encodeJson(desc, message)) as JsonValue;

test('there are messages to test', () => {
  expect(messages.length).toBeGreaterThan(700);
});

test('every message survives binary, JSON and binary again, whatever its oneofs hold', () => {
  for (const desc of messages) {
    const rounds = Math.max(2, ...desc.oneofs.map((oneof) => oneof.fields.length));
    for (let seed = 0; seed < rounds; seed++) {
      const message = create(desc, fill(desc, seed, 2));
      const bytes = toBinary(desc, message);
      const read = decodeJson(desc, parse(desc, fromBinary(desc, bytes)));
      if (!equals(desc, read, message)) expect(read, desc.typeName).toEqual(message);
      expect(Buffer.from(toBinary(desc, read)).equals(bytes), desc.typeName).toBe(true);
    }
  }
});

test('the reference implementation reads what we write, and we read what it writes', () => {
  for (const desc of messages) {
    const message = create(desc, fill(desc, 1, 2));
    // By way of bytes: the reference keeps a float's decimal as a double.
    const json = fromJson(desc, parse(desc, message), { registry });
    const ours = fromBinary(desc, toBinary(desc, json));
    if (!equals(desc, ours, message)) expect(ours, desc.typeName).toEqual(message);
    for (const useProtoFieldName of [true, false]) {
      const theirs = decodeJson(desc, toJson(desc, message, { registry, useProtoFieldName }));
      if (!equals(desc, theirs, message)) expect(theirs, desc.typeName).toEqual(message);
    }
  }
});

test('an empty message shows the fields marked for it and no others', () => {
  let shown = 0;
  for (const desc of messages) {
    const marked = desc.fields.filter(isShownIfEmpty).map((field) => field.name);
    shown += marked.length;
    expect(Object.keys(parse(desc, create(desc)) as object), desc.typeName).toEqual(marked);
  }
  // 119 of upstream and five of the overlay are marked; two are messages, which stay away.
  expect(shown).toBe(124 - 2);
});

test('one field has a default that JSON requests apply', () => {
  const fields = messages
    .flatMap((desc) => desc.fields)
    .filter((f) => defaultFloat(f) !== undefined);
  expect(fields.map((field) => field.toString())).toEqual(['field clarifai.api.Concept.value']);
});

test('an empty JSON object is an empty message but for that default', () => {
  for (const desc of messages) {
    const expected = create(desc);
    if (desc.typeName === 'clarifai.api.Concept') Object.assign(expected, { value: 1 });
    expect(decodeJson(desc, {}), desc.typeName).toStrictEqual(expected);
  }
});
