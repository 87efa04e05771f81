// Files that inputs are made of: what kind of input, and under which id.
import { isInputId } from '@limpid/wire';
import { inputLimits, type MediaKind } from './media.ts';
import { sniff } from './sniff.ts';

/** What a file is by its first bytes; only a text is known by its name. Undefined for what no input is made of. */
export function fileKind(path: string, head: Uint8Array): MediaKind | undefined {
  return sniff(head)?.kind ?? (/\.(txt|text|md)$/i.test(path) ? 'text' : undefined);
}

/** The most bytes that a file of a kind may have. */
export function mostBytes(kind: MediaKind): number {
  return inputLimits.bytes[kind];
}

/** Whether a file is there for people, and not for the system that packed it. */
export function isVisibleFile(path: string): boolean {
  return segmentsOf(path).every((name) => !name.startsWith('.') && name !== '__MACOSX');
}

/**
 * The id of an input that is made of a file: its path without the ending, so that files of one name in several folders
 * stay apart. The same path always makes the same id. `fallback` stands for a path that says nothing.
 */
export function inputIdOf(path: string, fallback: string): string {
  const joined = segmentsOf(path).join('-');
  const plain = joined.replace(/\.[^.-]*$/, '').replace(unwanted, '_');
  const id = [...plain].slice(0, 128).join('').trim();
  return isInputId(id) && plain.trim() === id ? id : shortened(id, fallback);
}

const unwanted = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

function shortened(id: string, fallback: string): string {
  const head = [...id].slice(0, 100).join('').trim();
  const whole = `${head}-${fallback}`;
  return head && isInputId(whole) ? whole : fallback;
}

function segmentsOf(path: string): string[] {
  return path.split(/[\\/]/).filter((name) => name !== '' && name !== '.' && name !== '..');
}
