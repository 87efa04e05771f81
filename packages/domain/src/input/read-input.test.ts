import { create, InputSchema, type MessageInitShape, StatusCode, StatusError } from '@limpid/wire';
import { expect, test } from 'vitest';
import { readInput } from './read-input.ts';

type InputInit = MessageInitShape<typeof InputSchema>;
type DataInit = InputInit['data'];

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]);
const read = (init: InputInit) => readInput(create(InputSchema, init));
const readData = (data: NonNullable<DataInit>) => read({ id: 'i', data });

function refusal(init: InputInit): { code: number; details: string } {
  try {
    read(init);
  } catch (error) {
    if (error instanceof StatusError) return { code: error.code, details: error.details };
    throw error;
  }
  throw new Error('the input was taken');
}

test('bytes are told by themselves and are not kept in the message', () => {
  const got = readData({ image: { base64: png, allowDuplicateUrl: true } });
  expect(got).toMatchObject({ id: 'i', kind: 'image', urls: [] });
  expect(got.bytes).toEqual([{ kind: 'image', bytes: png, format: 'PNG', type: 'image/png' }]);
  expect(got.data.image).toMatchObject({ url: '', base64: new Uint8Array() });
});

test('a URL is kept and is to be fetched', () => {
  const url = 'https://example.org/a.jpg';
  const got = readData({ image: { url } });
  expect(got.urls).toEqual([{ kind: 'image', url, repeatable: false }]);
  expect(got.data.image?.url).toBe(url);
});

test('a short text stays in the message, a long one becomes bytes', () => {
  const short = readData({ text: { raw: 'né' } });
  expect(short.bytes).toEqual([]);
  expect(short.data.text).toMatchObject({ raw: 'né', textInfo: { charCount: 2 } });
  const long = readData({ text: { raw: 'x'.repeat(40_000) } });
  expect(long.bytes[0]?.bytes).toHaveLength(40_000);
  expect(long.data.text).toMatchObject({ raw: '', textInfo: { charCount: 40_000 } });
});

test('several media make a mixed input, empty ones do not count', () => {
  const got = readData({ text: { raw: 'what is this?' }, image: { base64: png }, video: {} });
  expect(got.kind).toBe('mixed');
  expect(readData({ text: {}, image: { base64: png } }).kind).toBe('image');
});

test('what a listing added may be sent back', () => {
  const url = 'https://example.org/a.jpg';
  const hosted = { prefix: 'p', suffix: 's', sizes: ['orig'] };
  const got = readData({ image: { url, hosted, imageInfo: { width: 3 } } });
  expect(got.data.image?.hosted).toBeUndefined();
  expect(got.data.image?.imageInfo).toBeUndefined();
});

const { INPUT_INVALID_ARGUMENT, INPUT_INVALID_URL, INPUT_OVER_LIMIT, INPUT_UNSUPPORTED_FORMAT } =
  StatusCode;

test.each<[string, InputInit, number]>([
  ['no data', { id: 'i' }, INPUT_INVALID_ARGUMENT],
  ['no medium', { data: { concepts: [{ id: 'a' }] } }, INPUT_INVALID_ARGUMENT],
  ['a bad id', { id: 'a/b', data: { text: { raw: 'x' } } }, INPUT_INVALID_ARGUMENT],
  [
    'text as image',
    { data: { image: { base64: Buffer.from('hello there') } } },
    INPUT_UNSUPPORTED_FORMAT,
  ],
  [
    'SVG',
    { data: { image: { base64: Buffer.from('<svg xmlns="x"/>') } } },
    INPUT_UNSUPPORTED_FORMAT,
  ],
  [
    'image as video',
    { data: { video: { base64: png } } },
    StatusCode.INPUT_VIDEO_UNSUPPORTED_FORMAT,
  ],
  [
    'a large image',
    { data: { image: { base64: Buffer.concat([png, Buffer.alloc(21_000_000)]) } } },
    INPUT_OVER_LIMIT,
  ],
  ['a large text', { data: { text: { raw: 'x'.repeat(21_000_000) } } }, INPUT_OVER_LIMIT],
  ['NUL in a text', { data: { text: { raw: 'a\0b' } } }, INPUT_INVALID_ARGUMENT],
  ['a file URL', { data: { image: { url: 'file:///etc/passwd' } } }, INPUT_INVALID_URL],
  ['a data URL', { data: { image: { url: 'data:image/png;base64,AA' } } }, INPUT_INVALID_URL],
  ['no URL at all', { data: { image: { url: 'somewhere' } } }, INPUT_INVALID_URL],
  [
    'credentials in a URL',
    { data: { image: { url: 'http://u:p@example.org/' } } },
    INPUT_INVALID_URL,
  ],
  [
    'a video URL of another scheme',
    { data: { video: { url: 's3://bucket/a.mp4' } } },
    StatusCode.INPUT_VIDEO_INVALID_URL,
  ],
  [
    'a latitude beyond the pole',
    { data: { text: { raw: 'x' }, geo: { geoPoint: { latitude: 91 } } } },
    INPUT_INVALID_ARGUMENT,
  ],
  [
    'a NaN longitude',
    { data: { text: { raw: 'x' }, geo: { geoPoint: { longitude: Number.NaN } } } },
    INPUT_INVALID_ARGUMENT,
  ],
  [
    'two places',
    { data: { text: { raw: 'x' }, geo: { geoBox: [{ geoPoint: {} }, { geoPoint: {} }] } } },
    INPUT_INVALID_ARGUMENT,
  ],
  [
    'embeddings',
    { data: { text: { raw: 'x' }, embeddings: [{ vector: [1] }] } },
    INPUT_INVALID_ARGUMENT,
  ],
  [
    'a concept twice',
    { data: { text: { raw: 'x' }, concepts: [{ id: 'a' }, { id: 'a' }] } },
    StatusCode.CONCEPTS_INVALID_REQUEST,
  ],
  [
    'a concept value of 2',
    { data: { text: { raw: 'x' }, concepts: [{ id: 'a', value: 2 }] } },
    INPUT_INVALID_ARGUMENT,
  ],
  [
    'a concept without a name',
    { data: { text: { raw: 'x' }, concepts: [{ value: 1 }] } },
    INPUT_INVALID_ARGUMENT,
  ],
  [
    'a box outside',
    {
      data: { text: { raw: 'x' }, regions: [{ regionInfo: { boundingBox: { bottomRow: 1.2 } } }] },
    },
    INPUT_INVALID_ARGUMENT,
  ],
])('%s is refused', (_name, init, code) => {
  expect(refusal(init).code).toBe(code);
});
