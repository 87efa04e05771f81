export interface ReadText {
  readonly text: string;
  readonly encoding: 'UTF-8' | 'UTF-16';
}

/** The text that bytes are, or undefined where they are none: another encoding, or not text at all. */
export function readText(bytes: Uint8Array): ReadText | undefined {
  const [first, second] = bytes;
  const wide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const label = wide ? (first === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8';
  try {
    const text = new TextDecoder(label, { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : { text, encoding: wide ? 'UTF-16' : 'UTF-8' };
  } catch {
    return undefined;
  }
}

/** Characters as people count them, not UTF-16 units. */
export function countChars(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at += 1) {
    // Only the first half of a pair; texts here are well-formed.
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800) count -= 1;
  }
  return count;
}
