// The library is the measure: from the JSON that it writes, the same objects.
import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { DataSchema, InputSchema } from '../index.ts';
import { jsonReaderOf } from './compile-json.ts';
import { readStoredJson } from './index.ts';
import { createDice, randomMessage, types } from './testing/random-message.ts';

/** As a jsonb column gives it back; undefined for what has no JSON, as a Timestamp of the year 20,000. */
function stored(...[desc, message, options]: Parameters<typeof toJson>): JsonValue | undefined {
  try {
    return JSON.parse(JSON.stringify(toJson(desc, message, { ...options, enumAsInteger: true })));
  } catch {
    return undefined;
  }
}

const library = { ignoreUnknownFields: true };

test('every type that a call can carry', () => {
  const compared = new Set<string>();
  for (const desc of types) {
    const dice = createDice(desc.typeName.length * 17 + desc.fields.length);
    for (let round = 0; round < 12; round += 1) {
      const message = randomMessage(desc, dice);
      for (const useProtoFieldName of [true, false]) {
        const json = stored(desc, message, { useProtoFieldName });
        if (json === undefined) continue;
        compared.add(desc.typeName);
        expect(jsonReaderOf(desc)(json), desc.typeName).toEqual(fromJson(desc, json, library));
      }
    }
  }
  expect(types.size).toBeGreaterThan(400);
  expect(compared.size).toBeGreaterThan(types.size * 0.95);
});

test('null stands for a field that is not set, and unknown fields are left out', () => {
  const json = { id: null, data: { image: null, concepts: null, not_known: [1] }, later: {} };
  expect(readStoredJson(InputSchema, json)).toEqual(fromJson(InputSchema, json, library));
});

test('names of enum values and numbers in texts are read as the library reads them', () => {
  const json = { image: { image_info: { width: '5' } }, concepts: [{ value: '0.5' }] };
  expect(readStoredJson(DataSchema, json)).toEqual(fromJson(DataSchema, json, library));
});

test.each([
  [{ id: 5 }],
  [{ data: [] }],
  [{ data: { concepts: {} } }],
  [{ data: { concepts: [null] } }],
  [{ data: { image: { base64: '~' } } }],
  ['text'],
])('what is of another type is refused: %j', (json) => {
  expect(() => readStoredJson(InputSchema, json as JsonValue)).toThrow();
});
