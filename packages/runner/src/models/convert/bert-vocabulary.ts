import { ModelError } from '../errors.ts';

/**
 * The package keeps BERT's vocabulary with `▁` before whole words instead of `##` before the rest of
 * words, and cannot tell the two pieces `[` apart: the second one continues a word.
 */
export function bertVocabulary(json: Buffer): Buffer {
  const pieces: unknown = JSON.parse(json.toString('utf8'));
  if (!Array.isArray(pieces) || !pieces.every((piece) => typeof piece === 'string')) {
    throw new ModelError('format', 'not a vocabulary');
  }
  const lines = pieces.map((piece: string, id) => {
    if (id === 1) return '[unused0]';
    if (piece.startsWith('▁')) return piece.slice(1);
    return /^\[.+\]$/.test(piece) ? piece : `##${piece}`;
  });
  return Buffer.from(`${lines.join('\n')}\n`);
}
