import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { pulled } from './pulled.fixture.ts';
import { WordPiece } from './wordpiece.ts';

let tokens: WordPiece;
beforeAll(async () => {
  const dir = await pulled('minilm-l6-v2');
  tokens = new WordPiece(await readFile(join(dir, 'vocab.txt'), 'utf8'));
}, 120_000);

// Made by the reference tokenizer of the network.
test.each<[string, number[]]>([
  ['Hello, World!', [101, 7592, 1010, 2088, 999, 102]],
  [
    'Crème brûlée à 12€ – naïve café',
    [101, 13675, 21382, 7987, 9307, 2063, 1037, 2260, 30102, 1516, 15743, 7668, 102],
  ],
  ['中文 and 日本語 text', [101, 1746, 1861, 1998, 1864, 1876, 1950, 3793, 102]],
  [
    'unaffable embeddings tokenization',
    [101, 14477, 20961, 3468, 7861, 8270, 4667, 2015, 19204, 3989, 102],
  ],
  ['a\tb\nc  d', [101, 1037, 1038, 1039, 1040, 102]],
  [
    "don't e-mail foo@bar.com #1",
    [101, 2123, 1005, 1056, 1041, 1011, 5653, 29379, 1030, 3347, 1012, 4012, 1001, 1015, 102],
  ],
  ['😀 smile', [101, 100, 2868, 102]],
  ['x'.repeat(120), [101, 100, 102]],
  ['İstanbul ŒUVRE straße', [101, 9960, 1107, 2226, 12229, 2358, 27807, 102]],
  ['', [101, 102]],
])('%s', (text, ids) => {
  expect(tokens.encode(text, 256)).toEqual(ids);
});

test('marks written in a text are not marks', () => {
  expect(tokens.encode('[SEP]', 256)).toEqual([101, 1031, 19802, 1033, 102]);
});

test('cuts to the limit and still closes', () => {
  const ids = tokens.encode('word '.repeat(1000), 256);
  expect(ids).toHaveLength(256);
  expect(ids.at(-1)).toBe(102);
});
