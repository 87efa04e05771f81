/** What a Range header asks for: one stretch, `unsatisfiable`, or nothing that we answer with less than the whole. */
export type RangeAsked =
  | { readonly start: number; readonly end: number }
  | 'unsatisfiable'
  | undefined;

/** Several stretches at once are answered with the whole, as RFC 9110 allows. */
export function readRange(header: string | undefined, size: number): RangeAsked {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return undefined;
  if (from === '') {
    const last = Math.min(Number(to), size);
    return last === 0 ? 'unsatisfiable' : { start: size - last, end: size - 1 };
  }
  const start = Number(from);
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}
