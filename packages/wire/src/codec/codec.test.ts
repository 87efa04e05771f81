// The library is the measure: the same bytes, the same objects.
import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  type JsonObject,
  type MessageShape,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf';
import { EmptySchema, isWrapperDesc, StructSchema } from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import {
  DataSchema,
  InputSchema,
  ModelSchema,
  MultiOutputResponseSchema,
  methods,
  PostModelOutputsRequestSchema,
} from '../index.ts';
import { decodeMessage, encodeMessage } from './index.ts';

/** Repeatable: a linear congruential generator. */
function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % sides;
  };
}
type Dice = ReturnType<typeof createDice>;

const texts = [
  '',
  'a',
  'a photo of a dog',
  'ü',
  '日本語のテキスト',
  '🙂',
  'x'.repeat(300),
  '\0',
  'ÿ'.repeat(40),
];
const bigs = [0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n - 1n];
const numbers = [0, 1, 127, 128, 16_383, 16_384, 2 ** 21, 2 ** 31 - 1];
const signed = [-1, -128, -(2 ** 31)];
const pick = <T>(dice: Dice, of: readonly T[]): T => of[dice(of.length)] as T;

function scalar(type: ScalarType, dice: Dice): unknown {
  switch (type) {
    case ScalarType.STRING:
      return pick(dice, texts);
    case ScalarType.BYTES:
      return Uint8Array.from({ length: dice(200) }, () => dice(256));
    case ScalarType.BOOL:
      return dice(2) === 1;
    case ScalarType.FLOAT:
      return pick(
        dice,
        [0, -0, 0.5, -1.25, 1e10, Number.POSITIVE_INFINITY, Number.NaN].map(Math.fround),
      );
    case ScalarType.DOUBLE:
      return pick(dice, [0, 0.1, -1e300, Number.NaN]);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return pick(dice, [...bigs, -1n, -(2n ** 63n)]);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return pick(dice, [...bigs, 2n ** 64n - 1n]);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return pick(dice, [...numbers, 2 ** 32 - 1]);
    default:
      return pick(dice, [...numbers, ...signed]);
  }
}

function json(dice: Dice, depth: number): JsonObject {
  const values = [
    null,
    true,
    1.5,
    'text',
    [1, 'two', null, { three: [] }],
    depth > 0 ? json(dice, depth - 1) : {},
  ];
  return Object.fromEntries(
    Array.from({ length: dice(4) }, (_, i) => [`key ${i}`, pick(dice, values)]),
  );
}

function single(field: DescField, dice: Dice, depth: number): unknown {
  if (!field.message) {
    return field.enum
      ? pick(dice, field.enum.values).number
      : scalar(field.scalar as ScalarType, dice);
  }
  if (field.fieldKind === 'message' && !field.oneof && isWrapperDesc(field.message)) {
    return scalar(field.message.fields[0]?.scalar as ScalarType, dice);
  }
  const isInside = field.parent.typeName === 'google.protobuf.Value';
  if (field.message.typeName === StructSchema.typeName && !isInside) return json(dice, 2);
  return randomMessage(field.message, dice, depth - 1);
}

function keyOf(type: ScalarType, dice: Dice): string {
  return type === ScalarType.STRING ? pick(dice, texts) : String(scalar(type, dice));
}

function fill(message: Record<string, unknown>, field: DescField, dice: Dice, depth: number): void {
  if (field.message && depth === 0) return;
  const some = Array.from({ length: dice(4) });
  let value: unknown;
  if (field.fieldKind === 'list') value = some.map(() => single(field, dice, depth));
  else if (field.fieldKind === 'map')
    value = Object.fromEntries(
      some.map(() => [keyOf(field.mapKey, dice), single(field, dice, depth)]),
    );
  else value = single(field, dice, depth);
  if (field.oneof) message[field.oneof.localName] = { case: field.localName, value };
  else message[field.localName] = value;
}

function randomMessage<D extends DescMessage>(desc: D, dice: Dice, depth = 4): MessageShape<D> {
  const message = create(desc);
  for (const field of desc.fields) {
    if (dice(3) === 0) fill(message as unknown as Record<string, unknown>, field, dice, depth);
  }
  return message;
}

/** Every type that a call can carry. */
const types = new Set<DescMessage>();
function collect(desc: DescMessage): void {
  if (types.has(desc)) return;
  types.add(desc);
  for (const { message } of desc.fields) if (message) collect(message);
}
for (const { desc } of methods()) for (const type of [desc.input, desc.output]) collect(type);

test.each([...types].map((desc) => [desc.typeName, desc] as const))('%s', (_, desc) => {
  const dice = createDice(desc.typeName.length * 31 + desc.fields.length);
  for (let round = 0; round < 12; round += 1) {
    const message = randomMessage(desc, dice);
    const bytes = toBinary(desc, message);
    expect(Buffer.compare(encodeMessage(desc, message), bytes)).toBe(0);
    expect(decodeMessage(desc, bytes)).toEqual(fromBinary(desc, bytes));
  }
});

test('there are hundreds of types', () => {
  expect(types.size).toBeGreaterThan(400);
});

test('fields of a newer release are kept and sent on', () => {
  const dice = createDice(3);
  for (let round = 0; round < 50; round += 1) {
    const message = randomMessage(PostModelOutputsRequestSchema, dice);
    const bytes = toBinary(PostModelOutputsRequestSchema, message);
    // It knows none of them.
    const strange = decodeMessage(EmptySchema, bytes);
    expect(strange).toEqual(fromBinary(EmptySchema, bytes));
    expect(encodeMessage(EmptySchema, strange)).toEqual(toBinary(EmptySchema, strange));
  }
});

test('a message that comes in two pieces is merged', () => {
  const dice = createDice(5);
  for (const desc of [DataSchema, ModelSchema, InputSchema] as DescMessage[]) {
    for (let round = 0; round < 20; round += 1) {
      const two = [randomMessage(desc, dice), randomMessage(desc, dice)];
      const bytes = Buffer.concat(two.map((message) => toBinary(desc, message)));
      expect(decodeMessage(desc, bytes)).toEqual(fromBinary(desc, bytes));
    }
  }
});

test('lists of numbers may be packed or not', () => {
  const packed = Buffer.from([0x0a, 0x08, 0, 0, 128, 63, 0, 0, 0, 64]);
  const { Embedding } = Object.fromEntries([...types].map((desc) => [desc.name, desc]));
  const apart = Buffer.from([0x0d, 0, 0, 128, 63, 0x0d, 0, 0, 0, 64]);
  const read = [packed, apart].map((bytes) => decodeMessage(Embedding as DescMessage, bytes));
  expect(read[0]).toMatchObject({ vector: [1, 2] });
  expect(read[1]).toEqual(read[0]);
});

test('broken bytes are refused or read, never beyond their end', () => {
  const dice = createDice(11);
  for (let round = 0; round < 300; round += 1) {
    const bytes = toBinary(
      MultiOutputResponseSchema,
      randomMessage(MultiOutputResponseSchema, dice) as never,
    );
    const cut = bytes.slice(0, dice(bytes.length + 1));
    for (let i = 0; i < dice(4); i += 1) cut[dice(cut.length)] = dice(256);
    try {
      decodeMessage(MultiOutputResponseSchema, cut);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  }
});

test.each([
  ['a text that is not UTF-8', [0x0a, 0x02, 0xc3, 0x28]],
  ['a length beyond the end', [0x12, 0x7f, 0x0a]],
  ['a varint without an end', [0x08, 0xff, 0xff]],
  ['field number 0', [0x00, 0x01]],
  ['the end of a group that never began', [0x0c]],
  ['a field that is longer than its message', [0x12, 0x02, 0x12, 0x05, 1, 2, 3, 4, 5]],
])('%s is refused', (_, bytes) => {
  expect(() => decodeMessage(InputSchema, Uint8Array.from(bytes))).toThrow();
});

test.each([
  [{ id: 5 }],
  [{ data: { concepts: [{ value: 'much' }] } }],
  [{ status: { code: 1.5 } }],
  [{ data: { image: { base64: 'text' } } }],
])('a value that its field cannot hold is refused: %j', (init) => {
  expect(() => encodeMessage(InputSchema, create(InputSchema, init as never))).toThrow(/invalid/);
  expect(encodeMessage(InputSchema, create(InputSchema, { id: 'a' }))).toHaveLength(3);
});

test('large bytes pass', () => {
  const base64 = new Uint8Array(6 * 1024 * 1024).fill(7);
  const input = create(InputSchema, { id: 'big', data: { image: { base64 } } });
  const bytes = toBinary(InputSchema, input);
  expect(Buffer.compare(encodeMessage(InputSchema, input), bytes)).toBe(0);
  expect(
    Buffer.compare(decodeMessage(InputSchema, bytes).data?.image?.base64 ?? bytes, base64),
  ).toBe(0);
});
