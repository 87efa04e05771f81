import { expect, test } from 'vitest';
import { isClientId, isConceptId, isInputId, newHexId, newRequestId, newUuid } from './ids.ts';

const counting = () => Uint8Array.from({ length: 16 }, (_, i) => i);

test.each([
  'a',
  'General',
  'OCR-Workflow',
  'mistral-7B-Instruct',
  'ci_test_cc_0b1c2d3e-0b1c-4d3e-8f90-0123456789ab',
  '1_0_0',
  'x'.repeat(64),
])('client id %s is fine', (id) => {
  expect(isClientId(id)).toBe(true);
});

test.each(['', 'my app', 'my.app', 'a/b', 'x'.repeat(65), 'café', 'a\n', '../a'])(
  'client id %j is refused',
  (id) => {
    expect(isClientId(id)).toBe(false);
  },
);

test.each([
  'input_1',
  'photo of a cat (2).jpg',
  'Straße 12',
  '猫の写真',
  '👩🏽‍🚀',
  'می\u200Cخواهم',
  'id-a&b=c?d#e',
  'x'.repeat(128),
  '猫'.repeat(128),
])('input and concept id %s is fine', (id) => {
  expect(isInputId(id)).toBe(true);
  expect(isConceptId(id)).toBe(true);
});

test.each([
  '',
  '.',
  '..',
  ' a',
  'a ',
  'a/b',
  'a\u0000b',
  'a\nb',
  'a\u2028b',
  'evil\u202Egpj.exe',
  '\uD800',
  'x'.repeat(129),
])('input id %j is refused', (id) => {
  expect(isInputId(id)).toBe(false);
});

test('hex ids are 32 lower-case hex characters of the given randomness', () => {
  expect(newHexId(counting)).toBe('000102030405060708090a0b0c0d0e0f');
  expect(newHexId(() => new Uint8Array(20).fill(255))).toBe('f'.repeat(32));
  expect(() => newHexId(() => new Uint8Array(15))).toThrow(RangeError);
});

test('uuids carry version and variant', () => {
  expect(newUuid(counting)).toBe('00010203-0405-4607-8809-0a0b0c0d0e0f');
  expect(newUuid(() => new Uint8Array(16).fill(255))).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
});

test('request ids echo the prefix, bounded and sanitised', () => {
  const hex = '000102030405060708090a0b0c0d0e0f';
  expect(newRequestId(counting)).toBe(hex);
  expect(newRequestId(counting, '')).toBe(hex);
  expect(newRequestId(counting, 'sdk-python-12.5.0')).toBe(`sdk-python-12.5.0-${hex}`);
  expect(newRequestId(counting, 'a\r\nSet-Cookie: b="c"')).toBe(`aSet-Cookiebc-${hex}`);
  expect(newRequestId(counting, 'p'.repeat(1000))).toBe(`${'p'.repeat(64)}-${hex}`);
  expect(newRequestId(counting, '\u0000\u202E')).toBe(hex);
});
