import {
  create,
  type FilterSchema,
  type MessageInitShape,
  type RankSchema,
  SearchSchema,
} from '@limpid/wire';
import { expect, test } from 'vitest';
import type { FilterTerm, RankTerm } from './ast.ts';
import { readSearch } from './read-search.ts';

type Filters = MessageInitShape<typeof FilterSchema>[];
type Ranks = MessageInitShape<typeof RankSchema>[];

const read = (query: MessageInitShape<typeof SearchSchema>['query'], rest = {}) =>
  readSearch(create(SearchSchema, { query, ...rest }));
const filters = (...filters: Filters) => read({ filters }).filters;
const ranks = (...ranks: Ranks) => read({ ranks }).ranks;
const term = (fields: Partial<FilterTerm>): FilterTerm => {
  return { negate: false, annotation: [], input: [], anyOfInput: [], ...fields };
};
const dog = { id: 'dog', name: '', language: '', value: 1 };

test('a search without anything asks for everything', () => {
  expect(read(undefined)).toEqual({
    filters: [],
    ranks: [],
    language: '',
    algorithm: 'nearest_neighbor',
    metric: 'euclidean',
    minValue: 0,
  });
});

test('empty parts, as clients send them, ask nothing', () => {
  const empty = { annotation: {}, input: {} };
  expect(
    read({ filters: [empty, {}, { input: { data: {} } }], ranks: [{ annotation: {} }, {}] }),
  ).toMatchObject({ filters: [], ranks: [] });
  expect(ranks({ annotation: { data: {} } })).toEqual([]);
  expect(filters({ annotation: { data: { metadata: {}, concepts: [] } }, negate: true })).toEqual(
    [],
  );
});

test('the parts of one input filter widen each other', () => {
  const input = {
    data: { text: {}, video: {} },
    status: { code: 30000 },
    datasetIds: ['a', 'b'],
  };
  expect(filters({ input })).toEqual([
    term({
      anyOfInput: [
        { is: 'kinds', anyOf: ['video', 'text'] },
        { is: 'datasets', anyOf: ['a', 'b'] },
        { is: 'status', code: 30000 },
      ],
    }),
  ]);
});

test('an annotation filter names one annotation, and facts of its input', () => {
  const annotation = {
    id: 'a1',
    inputId: 'i1',
    userId: 'ann',
    taskId: 't',
    modelVersionId: 'mv',
    worker: { worker: { case: 'workflow', value: { version: { id: 'wv' } } } } as const,
    status: { code: 24151 },
    trusted: true,
    inputLevel: true,
    annotationInfo: { a: 1, b: { c: true } },
    data: {
      concepts: [
        { id: 'dog', value: 1 },
        { name: 'cat', value: 0.25, language: 'EN-us' },
      ],
      metadata: { k: 'v', l: [1] },
      clusters: [{ id: 'c7' }],
    },
  };
  expect(filters({ annotation })).toEqual([
    term({
      annotation: [
        { is: 'id', id: 'a1' },
        { is: 'user', id: 'ann' },
        { is: 'model_version', id: 'mv' },
        { is: 'task', id: 't' },
        { is: 'workflow_version', id: 'wv' },
        { is: 'status', code: 24151 },
        { is: 'trusted' },
        { is: 'input_level' },
        { is: 'info', anyOf: [{ a: 1 }, { b: { c: true } }] },
        { is: 'clusters', anyOf: ['c7'] },
        { is: 'concepts', anyOf: [dog, { id: '', name: 'cat', language: 'en', value: 0.25 }] },
      ],
      input: [
        { is: 'input', id: 'i1' },
        { is: 'metadata', anyOf: [{ k: 'v' }, { l: [1] }] },
      ],
    }),
  ]);
});

test('workers can be named by their messages', () => {
  const of = (worker: object) =>
    filters({ annotation: { worker: { worker } as never } })[0]?.annotation;
  expect(of({ case: 'user', value: { id: 'ann' } })).toEqual([{ is: 'user', id: 'ann' }]);
  const value = { id: 'm', modelVersion: { id: 'v1' } };
  expect(of({ case: 'model', value })).toEqual([{ is: 'model_version', id: 'v1' }]);
  expect(of({ case: 'user', value: { id: '' } })).toBeUndefined();
});

test.each([
  [{}, [{ is: 'shape', shape: 'whole' }]],
  [{ frames: [{ frameInfo: {} }] }, [{ is: 'shape', shape: 'frame' }]],
  [{ timeSegments: [{ timeInfo: {} }] }, [{ is: 'shape', shape: 'time_segment' }]],
  [{ text: {} }, [{ is: 'shape', shape: 'text' }]],
  [{ regions: [{ regionInfo: { boundingBox: {} } }] }, [{ is: 'shape', shape: 'bounding_box' }]],
  [{ regions: [{ regionInfo: { mask: {} } }] }, [{ is: 'shape', shape: 'mask' }]],
  [{ regions: [{ regionInfo: { point: {} } }] }, [{ is: 'shape', shape: 'point' }]],
  [{ regions: [{ regionInfo: { polygon: {} } }] }, [{ is: 'shape', shape: 'polygon' }]],
  [{ regions: [{ regionInfo: { span: {} } }] }, [{ is: 'shape', shape: 'span' }]],
  [{ regions: [{ trackId: 't1' }] }, [{ is: 'track', id: 't1' }]],
])('the shape of annotations: %j', (data, annotation) => {
  expect(filters({ annotation: { data } })).toEqual([term({ annotation: annotation as never })]);
});

test('when an annotation was last changed', () => {
  const lastUpdatedTimeRange = { startTime: { seconds: 10n }, endTime: { seconds: 20n } };
  expect(filters({ lastUpdatedTimeRange })).toEqual([
    term({ annotation: [{ is: 'changed', from: new Date(10_000), to: new Date(20_000) }] }),
  ]);
  const half = { lastUpdatedTimeRange: { endTime: { seconds: 20n } } };
  expect(filters(half)[0]?.annotation).toEqual([
    { is: 'changed', from: undefined, to: new Date(20_000) },
  ]);
});

test('a negated concept without a value is its presence', () => {
  const annotation = { data: { concepts: [{ id: 'dog' }] } };
  expect(filters({ annotation, negate: true })).toEqual([
    term({ negate: true, annotation: [{ is: 'concepts', anyOf: [dog] }] }),
  ]);
  expect(filters({ annotation })[0]?.annotation).toEqual([
    { is: 'concepts', anyOf: [{ ...dog, value: 0 }] },
  ]);
});

test('each thing that a rank names is a term', () => {
  const bytes = Uint8Array.of(1, 2);
  const of = (criterion: RankTerm['criterion'], more = {}): RankTerm => {
    return { negate: false, criterion, modelVersionId: '', ...more };
  };
  expect(
    ranks(
      {
        annotation: {
          data: { image: { url: 'http://example.com/a.jpg', allowDuplicateUrl: true } },
        },
      },
      { annotation: { data: { image: { base64: bytes } }, modelVersionId: 'v' }, negate: true },
      { annotation: { data: { text: { raw: 'a dog' }, concepts: [{ id: 'dog', value: 0 }] } } },
      { annotation: { inputId: 'i1' } },
    ),
  ).toEqual([
    of({ by: 'image', source: { url: 'http://example.com/a.jpg' } }),
    of({ by: 'image', source: { bytes } }, { negate: true, modelVersionId: 'v' }),
    of({ by: 'text', text: 'a dog' }),
    of({ by: 'concepts', anyOf: [{ ...dog, value: 0 }] }),
    of({ by: 'input', id: 'i1' }),
  ]);
});

test('several vectors stand for their average', () => {
  const embeddings = [{ vector: [1, 0], numDimensions: 2 }, { vector: [0, 1] }];
  expect(ranks({ annotation: { data: { embeddings } } })[0]?.criterion).toEqual({
    by: 'vector',
    vector: Float32Array.of(0.5, 0.5),
  });
});

test('the older form says the same in other words', () => {
  const image = { url: 'http://example.com/a.jpg' };
  const { filters: read2, ranks: read3 } = read({
    ands: [
      { input: { data: { concepts: [{ id: 'dog', value: 1 }], metadata: { k: 1 } }, id: 'i' } },
      { output: { input: { data: { image } }, data: { concepts: [{ id: 'dog', value: 1 }] } } },
      { output: { data: { clusters: [{ id: 'c' }] } }, negate: true },
      { annotation: { userId: 'ann' } },
      { input: {} },
    ],
  });
  expect(read2).toEqual([
    term({
      annotation: [{ is: 'trusted' }, { is: 'concepts', anyOf: [dog] }],
      input: [
        { is: 'input', id: 'i' },
        { is: 'metadata', anyOf: [{ k: 1 }] },
      ],
    }),
    term({ negate: true, annotation: [{ is: 'clusters', anyOf: ['c'] }] }),
    term({ annotation: [{ is: 'user', id: 'ann' }] }),
  ]);
  expect(read3.map(({ criterion }) => criterion)).toEqual([
    { by: 'image', source: image },
    { by: 'concepts', anyOf: [dog] },
  ]);
});

test('metric, algorithm, language and least score', () => {
  const given = { metric: 2, algorithm: 'brute_force', minValue: 0.5 };
  expect(read({ language: 'ja-JP' }, given)).toMatchObject({
    metric: 'cosine',
    algorithm: 'brute_force',
    minValue: 0.5,
    language: 'ja',
  });
});

const image = { data: { image: { url: 'http://example.com/a.jpg' } } };
const geoPoint = { latitude: 1, longitude: 2 };

test.each<[string, MessageInitShape<typeof SearchSchema>, RegExp]>([
  [
    'a filter by picture',
    { query: { filters: [{ annotation: image }] } },
    /filters\[0\]\.annotation\.data\.image cannot/,
  ],
  [
    'a picture in an input filter',
    { query: { filters: [{ input: image }] } },
    /input\.data\.image\.url cannot/,
  ],
  [
    'a rank by metadata',
    { query: { ranks: [{ annotation: { data: { metadata: { a: 1 } } } }] } },
    /data\.metadata cannot/,
  ],
  [
    'a concept without a name',
    { query: { filters: [{ annotation: { data: { concepts: [{ value: 1 }] } } }] } },
    /an id or a name/,
  ],
  [
    'a concept of value 2',
    { query: { ranks: [{ annotation: { data: { concepts: [{ id: 'x', value: 2 }] } } }] } },
    /from 0 to 1/,
  ],
  [
    'a picture twice',
    {
      query: {
        ranks: [{ annotation: { data: { image: { url: 'u', base64: Uint8Array.of(1) } } } }],
      },
    },
    /not both/,
  ],
  [
    'a model version alone',
    { query: { ranks: [{ annotation: { modelVersionId: 'v' } }] } },
    /nothing to rank by/,
  ],
  [
    'a vector of other size',
    {
      query: {
        ranks: [{ annotation: { data: { embeddings: [{ vector: [1], numDimensions: 2 }] } } }],
      },
    },
    /num_dimensions/,
  ],
  [
    'a vector of no numbers',
    { query: { ranks: [{ annotation: { data: { embeddings: [{ vector: [Number.NaN] }] } } }] } },
    /vectors of numbers/,
  ],
  [
    'uneven vectors',
    {
      query: {
        ranks: [{ annotation: { data: { embeddings: [{ vector: [1] }, { vector: [1, 2] }] } } }],
      },
    },
    /different lengths/,
  ],
  [
    'a time range that runs backwards',
    {
      query: {
        filters: [
          { lastUpdatedTimeRange: { startTime: { seconds: 2n }, endTime: { seconds: 1n } } },
        ],
      },
    },
    /ends before/,
  ],
  [
    'a point without limit',
    { query: { filters: [{ annotation: { data: { geo: { geoPoint } } } }] } },
    /together/,
  ],
  ['an unknown algorithm', { algorithm: 'magic' }, /nearest_neighbor, brute_force/],
  ['an unknown metric', { metric: 9 as never }, /metric 9/],
  ['a score above 1', { minValue: 1.5 }, /min_value/],
  [
    'many filters',
    { query: { filters: Array.from({ length: 65 }, () => ({ annotation: { id: 'x' } })) } },
    /more than 64/,
  ],
  [
    'many ranks',
    { query: { ranks: Array.from({ length: 17 }, () => ({ annotation: { inputId: 'x' } })) } },
    /more than 16/,
  ],
])('%s is refused', (_, search, details) => {
  const run = () => readSearch(create(SearchSchema, search));
  expect(run).toThrow(details);
  expect(run).toThrow(expect.objectContaining({ code: 40002 }));
});

test('what is not there yet says so', () => {
  expect(() => read({}, { asOf: { seconds: 1n } })).toThrow(
    expect.objectContaining({ code: 10040 }),
  );
});
