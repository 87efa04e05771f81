import { expect, test } from 'vitest';
import { formatFloat32, formatFloat64 } from './float32.ts';

const bits = new DataView(new ArrayBuffer(4));

function fromBits(pattern: number): number {
  bits.setUint32(0, pattern);
  return bits.getFloat32(0);
}

/** The shortest by trial, which is what the quick ways must agree with. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number(value.toPrecision(9));
}

test('a float off the wire prints as the decimal that was meant', () => {
  for (const text of ['0.95', '0.1', '0.01', '0.001', '0.0001', '1.5', '0.3333333', '1e-7']) {
    expect(formatFloat32(Math.fround(Number(text)))).toBe(text);
  }
  expect(formatFloat32(-0.95)).toBe('-0.95');
  expect(formatFloat32(0)).toBe('0');
  expect(formatFloat32(16777216)).toBe('16777216');
});

test('the result is the shortest decimal that reads back as the same float', () => {
  // A stride coprime to the range visits every exponent and all kinds of mantissas.
  for (
    let i = 0, pattern = 1;
    i < 60_000;
    i++, pattern = (pattern + 35_791_394.0 * 60) % 0x7f800000
  ) {
    const value = fromBits(pattern);
    const text = formatFloat32(value);
    if (Math.fround(Number(text)) !== value) expect.fail(`${value} became ${text}`);
    if (!Number.isInteger(value)) expect(Number(text)).toBe(shortest(value));
  }
});

test('the neighbours of every power of ten', () => {
  for (let exponent = -12; exponent <= 6; exponent++) {
    bits.setFloat32(0, 10 ** exponent);
    const pattern = bits.getUint32(0);
    for (let step = -40; step <= 40; step++) {
      const value = fromBits(pattern + step);
      const text = formatFloat32(value);
      expect(Math.fround(Number(text)), text).toBe(value);
      if (!Number.isInteger(value)) expect(Number(text)).toBe(shortest(value));
    }
  }
});

test('what JSON numbers cannot say is quoted', () => {
  expect(formatFloat32(Number.NaN)).toBe('"NaN"');
  expect(formatFloat32(Number.NEGATIVE_INFINITY)).toBe('"-Infinity"');
  expect(formatFloat64(Number.POSITIVE_INFINITY)).toBe('"Infinity"');
  expect(formatFloat64(0.1 + 0.2)).toBe('0.30000000000000004');
});
