import { testDatabase } from '@limpid/testkit/database';
import {
  AnnotationSchema,
  create,
  DataSchema,
  type DescMessage,
  equals,
  type MessageShape,
  ModelVersionSchema,
} from '@limpid/wire';
import { StatusError } from '@limpid/wire/status';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { readDoc, writeDoc } from './doc.ts';

const { db } = await testDatabase({ empty: true });

/** Through the database and back, as a resource goes. */
async function roundTrip<D extends DescMessage>(
  desc: D,
  message: MessageShape<D>,
): Promise<MessageShape<D>> {
  const { rows } = await sql<{
    body: unknown;
  }>`select ${writeDoc(desc, message)}::jsonb as body`.execute(db);
  return readDoc(desc, rows[0]?.body);
}

const data = create(DataSchema, {
  text: { raw: 'naïve 😀 \\u0000 "quoted"' },
  image: { base64: Uint8Array.from([0, 1, 254, 255]) },
  embeddings: [{ vector: [0.1, -1e-30, 3], numDimensions: 3 }],
  concepts: [
    { id: 'dog', value: 0.95 },
    { id: 'cat', value: 0 },
  ],
  metadata: { nested: { list: [1, null, 'x', { deep: true }] }, empty: {} },
  regions: [
    { regionInfo: { boundingBox: { topRow: 0.25, leftCol: 0, bottomRow: 1, rightCol: 1 } } },
  ],
});

test('bytes, floats, structs and nested messages come back as they were', async () => {
  const back = await roundTrip(DataSchema, data);
  expect(equals(DataSchema, back, data)).toBe(true);
  expect(back.image?.base64).toEqual(Uint8Array.from([0, 1, 254, 255]));
  expect(back.text?.raw).toBe('naïve 😀 \\u0000 "quoted"');
});

test('enums, 64-bit numbers and times come back as they were', async () => {
  const version = create(ModelVersionSchema, {
    id: 'v1',
    createdAt: { seconds: 1739900944n, nanos: 809517000 },
    totalInputCount: 7,
    visibility: { gettable: 50 },
    outputInfo: { outputConfig: { maxConcepts: 20, minValue: 0.5 } },
  });
  expect(equals(ModelVersionSchema, await roundTrip(ModelVersionSchema, version), version)).toBe(
    true,
  );
});

test('SQL reads the body by proto names, with enums as numbers', async () => {
  const version = create(ModelVersionSchema, { visibility: { gettable: 50 } });
  const { rows } = await sql`
    select (${writeDoc(ModelVersionSchema, version)}::jsonb)->'visibility'->'gettable' as it`.execute(
    db,
  );
  expect(rows).toEqual([{ it: 50 }]);
});

test('fields that stand in columns are left out', () => {
  const annotation = create(AnnotationSchema, { id: 'a', inputId: 'i', userId: 'u' });
  const text = writeDoc(AnnotationSchema, annotation, { omit: ['id', 'inputId'] });
  expect(JSON.parse(text)).toEqual({ user_id: 'u' });
});

test('a body of a newer release is read as far as it is known', () => {
  const back = readDoc(AnnotationSchema, { id: 'a', field_from_the_future: { x: 1 } });
  expect(back.id).toBe('a');
});

test.each(['nul \0', 'lone \ud800 surrogate', '\\\0'])(
  '%j can not be stored, and says so',
  (raw) => {
    const bad = create(DataSchema, { text: { raw } });
    expect(() => writeDoc(DataSchema, bad)).toThrow(StatusError);
  },
);
