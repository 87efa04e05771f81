/** The floats nearest to powers of ten: below one of them, no float rounds up to that power. */
const TENTH = Math.fround(0.1);
const HUNDREDTH = Math.fround(0.01);
const THOUSANDTH = Math.fround(0.001);
const SMALLEST_NORMAL = 2 ** -126;

/**
 * The shortest decimal that reads back as the same float32: 0.95, where the double of that float
 * prints 0.949999988079071. NaN and the infinities are quoted, as proto3 JSON has them.
 */
export function formatFloat32(value: number): string {
  const single = Math.fround(value);
  // Scores and box corners are nearly all there is.
  if (single < 1 && single >= THOUSANDTH) {
    if (single >= TENTH) return formatFraction(single, '0.', 1e6);
    if (single >= HUNDREDTH) return formatFraction(single, '0.0', 1e7);
    return formatFraction(single, '0.00', 1e8);
  }
  if (Number.isInteger(single)) return String(single);
  if (!Number.isFinite(single)) return `"${single}"`;
  return formatAny(single);
}

/**
 * Six digits always tell shorter decimals apart and nine always suffice. Writing out an integer is
 * several times cheaper than having a double printed.
 */
function formatFraction(single: number, prefix: string, sixDigits: number): string {
  for (let scale = sixDigits; scale <= sixDigits * 1e3; scale *= 10) {
    let digits = Math.round(single * scale);
    if (Math.fround(digits / scale) === single) {
      while (digits % 10 === 0) digits /= 10;
      return prefix + digits;
    }
  }
  return formatAny(single);
}

function formatAny(single: number): string {
  // Only subnormals have so few bits that six digits can be too many.
  const fewest = Math.abs(single) < SMALLEST_NORMAL ? 1 : 6;
  for (let digits = fewest; digits <= 9; digits++) {
    const rounded = Number(single.toPrecision(digits));
    if (Math.fround(rounded) === single) return String(rounded);
  }
  return String(single);
}

export function formatFloat64(value: number): string {
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}
