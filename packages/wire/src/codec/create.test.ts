// The library is the measure: from the same parts, the same objects.
import { create as byLibrary, type DescMessage } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { DataSchema, InputSchema, PostModelOutputsRequestSchema } from '../index.ts';
import { create } from './create.ts';
import { createDice, randomMessage, types } from './testing/random-message.ts';

/** Parts of a message, as a program would give them: no type names, some bytes as numbers. */
function partsOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.length % 2 === 0 ? [...value] : value;
  if (Array.isArray(value)) return value.map(partsOf);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => name !== '$typeName');
  return Object.fromEntries(entries.map(([name, part]) => [name, partsOf(part)]));
}

test('every type that a call can carry', () => {
  for (const desc of types) {
    const dice = createDice(desc.typeName.length * 13 + desc.fields.length);
    expect(create(desc), desc.typeName).toEqual(byLibrary(desc));
    for (let round = 0; round < 12; round += 1) {
      const parts = partsOf(randomMessage(desc, dice)) as never;
      expect(create(desc, parts), desc.typeName).toEqual(byLibrary(desc, parts));
    }
  }
});

test('messages inside are taken over, and so is the whole', () => {
  const data = create(DataSchema, { text: { raw: 'a' } });
  const input = create(InputSchema, { id: 'i', data });
  expect(input.data).toBe(data);
  expect(create(InputSchema, input)).toBe(input);
  const request = create(PostModelOutputsRequestSchema, { inputs: [input, { id: 'j' }] });
  expect(request.inputs[0]).toBe(input);
  expect(request.inputs[1]).toEqual(byLibrary(InputSchema, { id: 'j' }));
});

test.each([
  { id: undefined, data: null },
  { id: 'a', unknown: 5 },
  { data: { concepts: undefined, metadata: { a: [1] } } },
  { data: { image: { base64: [1, 2, 3] } } },
])('what is absent or not known is left out: %j', (init) => {
  const desc: DescMessage = InputSchema;
  expect(create(desc, init as never)).toEqual(byLibrary(desc, init as never));
});
