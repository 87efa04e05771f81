import { isInputId } from '@limpid/wire';
import { expect, test } from 'vitest';
import { fileKind, inputIdOf, isVisibleFile } from './from-file.ts';

test.each([
  ['cat.jpg', 'cat'],
  ['train/cat/1.jpg', 'train-cat-1'],
  ['../../etc/pass.wd.txt', 'etc-pass.wd'],
  ['C:\\pictures\\größe 2.png', 'C:-pictures-größe 2'],
  ['/absolute/x', 'absolute-x'],
  ['a\0b\u202e.png', 'a_b_'],
  ['...', '..-f'],
  ['', 'f'],
  ['x'.repeat(300), `${'x'.repeat(100)}-f`],
])('%j makes the id %j', (path, id) => {
  expect(inputIdOf(path, 'f')).toBe(id);
  expect(isInputId(id)).toBe(true);
});

test('long paths that end differently stay apart', () => {
  const folder = 'deep/'.repeat(60);
  expect(inputIdOf(`${folder}a.png`, 'hash-of-a')).not.toBe(
    inputIdOf(`${folder}b.png`, 'hash-of-b'),
  );
});

test('a file is what its bytes say; a text is told by its name', () => {
  const png = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  expect(fileKind('a.txt', png)).toBe('image');
  expect(fileKind('a.TXT', Buffer.from('hello'))).toBe('text');
  expect(fileKind('a.png', Buffer.from('hello'))).toBeUndefined();
  expect(fileKind('a.zip', Buffer.from('PK\x03\x04'))).toBeUndefined();
});

test('what systems put into archives is no input', () => {
  expect(isVisibleFile('a/b.png')).toBe(true);
  for (const path of ['__MACOSX/a.png', 'a/._b.png', '.git/x.txt', 'a/.DS_Store'])
    expect(isVisibleFile(path)).toBe(false);
});
