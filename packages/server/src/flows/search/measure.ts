/** Cosine of the angle between two vectors of one length, or their distance. Of no length: no angle, so 0. */
export function measure(metric: 'cosine' | 'euclidean', a: Float32Array, b: Float32Array): number {
  let product = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number; // i < length
    const y = b[i] as number; // the same length
    product += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  if (metric === 'euclidean') return Math.sqrt(Math.max(0, squareA + squareB - 2 * product));
  const lengths = Math.sqrt(squareA * squareB);
  return lengths === 0 ? 0 : product / lengths;
}
