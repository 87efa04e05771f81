import { create, DataSchema, type MessageInitShape } from '@limpid/wire';
import { expect, test } from 'vitest';
import { kindsOf, lookBack, mergeData } from './merge-data.ts';

const data = (init: MessageInitShape<typeof DataSchema>) => create(DataSchema, init);

test('lists follow one another; of what there can be one only, the first stays', () => {
  const merged = mergeData([
    data({ concepts: [{ id: 'a' }], text: { raw: 'first' } }),
    data({ concepts: [{ id: 'b' }], text: { raw: 'second' }, embeddings: [{ vector: [1] }] }),
  ]);
  expect(merged).toEqual(
    data({
      concepts: [{ id: 'a' }, { id: 'b' }],
      text: { raw: 'first' },
      embeddings: [{ vector: [1] }],
    }),
  );
});

test('merging leaves what is merged as it was', () => {
  const first = data({ concepts: [{ id: 'a' }] });
  mergeData([first, data({ concepts: [{ id: 'b' }] })]);
  expect(first.concepts).toHaveLength(1);
});

test('frames are looked into for what a video has turned into', () => {
  const frames = [{ data: { embeddings: [{ vector: [1] }] } }];
  expect([...kindsOf(data({ frames }))].sort()).toEqual(['embeddings', 'frames']);
});

test('a model that can work on the outputs is given nothing else', () => {
  const outputs = data({ embeddings: [{ vector: [1] }] });
  lookBack(outputs, ['embeddings'], [data({ image: { base64: Uint8Array.of(1) } })]);
  expect(outputs.image).toBeUndefined();
});

test('one that can not is given the media that came before', () => {
  const outputs = data({ frames: [{ data: { concepts: [{ id: 'a' }] } }] });
  lookBack(outputs, ['image'], [data({ video: { base64: Uint8Array.of(1) } })]);
  expect([outputs.video?.base64.length, outputs.frames]).toEqual([1, []]);
});
