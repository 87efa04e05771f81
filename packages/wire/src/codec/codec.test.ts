// The library is the measure: the same bytes, the same objects.
import { create, type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf';
import { EmptySchema } from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import {
  DataSchema,
  InputSchema,
  ModelSchema,
  MultiOutputResponseSchema,
  PostModelOutputsRequestSchema,
} from '../index.ts';
import { decodeMessage, encodeMessage } from './index.ts';
import { createDice, randomMessage, types } from './testing/random-message.ts';

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
