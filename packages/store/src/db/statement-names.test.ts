import { expect, test } from 'vitest';
import { StatementNames } from './statement-names.ts';

const send = (names: StatementNames, text: string, times: number) =>
  Array.from({ length: times }, () => names.nameOf(text)).at(-1);

test('what is sent often gets a name of its own and keeps it', () => {
  const names = new StatementNames();
  expect(send(names, 'select 1', 4)).toBeUndefined();
  const name = names.nameOf('select 1');
  expect(name).toBeDefined();
  expect(names.nameOf('select 1')).toBe(name);
  expect(send(names, 'select 2', 5)).not.toBe(name);
});

test('texts that are seldom the same are never named, and hold no other up', () => {
  const names = new StatementNames();
  for (let i = 0; i < 5_000; i++) expect(names.nameOf(`select ${i}`)).toBeUndefined();
  expect(names.nameOf('select 0')).toBeUndefined();
  expect(send(names, 'select common', 5)).toBeDefined();
});

test('there is an end to names', () => {
  const names = new StatementNames();
  const all = Array.from({ length: 400 }, (_, i) => send(names, `select ${i}`, 6));
  expect(new Set(all.filter(Boolean)).size).toBe(250);
});
