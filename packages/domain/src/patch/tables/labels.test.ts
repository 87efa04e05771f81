import { AnnotationSchema, InputSchema, type JsonValue } from '@limpid/wire';
import { expect, test } from 'vitest';
import { annotationPatch, inputPatch } from '../index.ts';
import { failure, run } from '../patch-json.ts';

// --- inputs ---

const image = { url: 'https://example.org/a.jpg' };

test('overwriting an input replaces its labels, metadata and place but keeps the media', () => {
  const current = {
    id: '68be',
    data: {
      image,
      concepts: [{ id: 'car', name: 'car', value: 1, app_id: 'app' }],
      geo: { geo_point: { longitude: 40.5, latitude: 74.25 } },
    },
  };
  const patch = {
    id: '68be',
    data: { concepts: [{ id: 'ferrari', value: 1 }], metadata: { foo: 'bar' } },
  };
  expect(run(InputSchema, inputPatch, 'overwrite', current, patch)).toEqual({
    id: '68be',
    data: { image, concepts: [{ id: 'ferrari', value: 1 }], metadata: { foo: 'bar' } },
  });
});

test('labels of an input merge by id in order, are removed by id and can be replaced', () => {
  const tree = { id: 'i', data: { image, concepts: [{ id: 'tree', value: 1 }] } };
  const both = run(InputSchema, inputPatch, 'merge', tree, {
    id: 'i',
    data: { concepts: [{ id: 'tree' }, { id: 'water', value: 1 }] },
  });
  expect(both).toEqual({
    id: 'i',
    data: { image, concepts: [{ id: 'tree' }, { id: 'water', value: 1 }] },
  });
  const named = { id: 'i', data: { concepts: [{ id: 'water' }, { id: 'unknown' }] } };
  expect(run(InputSchema, inputPatch, 'remove', both, named)).toEqual({
    id: 'i',
    data: { image, concepts: [{ id: 'tree' }] },
  });
  const cat = { id: 'i', data: { concepts: [{ id: 'cat', value: 1 }] } };
  expect(run(InputSchema, inputPatch, 'overwrite', both, cat)).toEqual({
    id: 'i',
    data: { image, concepts: [{ id: 'cat', value: 1 }] },
  });
  const nameless = { id: 'i', data: { concepts: [{ name: 'tree' }] } };
  expect(failure(() => run(InputSchema, inputPatch, 'remove', both, nameless))).toMatchObject({
    code: 24900,
    details: "only elements of 'data.concepts' with an id can be removed",
  });
});

test('metadata of an input merges deeply and is replaced by overwrite', () => {
  const current = { id: 'i', data: { image, metadata: { a: 1, deep: { x: 1 } } } };
  const merged = run(InputSchema, inputPatch, 'merge', current, {
    data: { metadata: { b: 2, deep: { y: 2 } } },
  });
  expect(merged).toEqual({
    id: 'i',
    data: { image, metadata: { a: 1, b: 2, deep: { x: 1, y: 2 } } },
  });
  const replaced = run(InputSchema, inputPatch, 'overwrite', current, {
    data: { metadata: { b: 3 } },
  });
  expect(replaced).toEqual({ id: 'i', data: { image, metadata: { b: 3 } } });
});

test('what an input patch may not touch stays', () => {
  const current = {
    id: 'i',
    dataset_ids: ['d'],
    status: { code: 'INPUT_INVALID_URL' },
    data: { image },
  };
  const patch = {
    id: 'other',
    dataset_ids: ['e'],
    status: { code: 'INPUT_OVER_LIMIT' },
    data: { image: { url: 'https://example.org/b.jpg' }, text: { raw: 'x' } },
  };
  for (const action of ['merge', 'overwrite', 'remove']) {
    expect(run(InputSchema, inputPatch, action, current, patch), action).toEqual(current);
  }
});

// --- annotations ---

function boxed(left: number, concepts: JsonValue[], id?: string): JsonValue {
  const region_info = {
    bounding_box: { top_row: 0.25, left_col: left, bottom_row: 0.75, right_col: 1 },
  };
  return { ...(id && { id }), region_info, data: { concepts } };
}

function annotation(...regions: JsonValue[]): JsonValue {
  return { id: 'a', input_id: 'i', data: { regions } };
}

const dog = { id: 'dog', value: 1 };
const cat = { id: 'cat', value: 1 };

test('merging a region without an id moves the one there is and keeps its id', () => {
  const current = annotation(boxed(0.25, [dog], 'r1'));
  const moved = run(
    AnnotationSchema,
    annotationPatch,
    'merge',
    current,
    annotation(boxed(0.5, [cat])),
  );
  expect(moved).toEqual(annotation(boxed(0.5, [dog, cat], 'r1')));
});

test('a region of the same id is merged, one of another id takes its place', () => {
  const current = annotation(boxed(0.25, [dog], 'r1'));
  const labels = annotation({ id: 'r1', data: { concepts: [cat] } });
  expect(run(AnnotationSchema, annotationPatch, 'merge', current, labels)).toEqual(
    annotation(boxed(0.25, [dog, cat], 'r1')),
  );
  const other = annotation(boxed(0.5, [cat], 'r2'));
  expect(run(AnnotationSchema, annotationPatch, 'merge', current, other)).toEqual(other);
  const first = { id: 'a', input_id: 'i', data: {} };
  expect(run(AnnotationSchema, annotationPatch, 'merge', first, other)).toEqual(other);
});

test('overwriting a box without its labels drops the labels', () => {
  const current = annotation(boxed(0.25, [dog], 'r1'));
  const box = { id: 'a', data: { regions: [{ region_info: { point: { row: 0.5, col: 0.5 } } }] } };
  expect(run(AnnotationSchema, annotationPatch, 'overwrite', current, box)).toEqual({
    ...box,
    input_id: 'i',
  });
});

test('overwriting the data of an annotation leaves nothing of the old data', () => {
  const current = { id: 'a', input_id: 'i', data: { concepts: [dog], metadata: { seen: true } } };
  const patch = annotation(boxed(0.5, [cat]));
  expect(run(AnnotationSchema, annotationPatch, 'overwrite', current, patch)).toEqual(patch);
});

test('remove takes a region by its id, or labels out of the only region', () => {
  const current = annotation(boxed(0.25, [dog, cat], 'r1'));
  const labels = annotation({ data: { concepts: [{ id: 'dog' }] } });
  expect(run(AnnotationSchema, annotationPatch, 'remove', current, labels)).toEqual(
    annotation(boxed(0.25, [cat], 'r1')),
  );
  const empty = { id: 'a', input_id: 'i', data: {} };
  expect(
    run(AnnotationSchema, annotationPatch, 'remove', current, annotation({ id: 'r1' })),
  ).toEqual(empty);
  expect(run(AnnotationSchema, annotationPatch, 'remove', empty, labels)).toEqual(empty);
});

test('the status of an annotation changes by number; its author does not change', () => {
  const current = {
    id: 'a',
    input_id: 'i',
    user_id: 'ann',
    status: { code: 'ANNOTATION_PENDING', description: 'Annotation pending' },
    data: { concepts: [dog] },
  };
  const patch = {
    id: 'a',
    user_id: 'eve',
    worker: { user: { id: 'eve' } },
    status: { code: 'ANNOTATION_SUCCESS', description: 'as you like' },
  };
  expect(run(AnnotationSchema, annotationPatch, 'merge', current, patch)).toEqual({
    ...current,
    status: { code: 'ANNOTATION_SUCCESS', description: 'Annotation pending' },
  });
});
