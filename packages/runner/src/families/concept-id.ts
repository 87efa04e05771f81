import { createHash } from 'node:crypto';
import type { Concept } from './types.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Ids that existing client programs hold for a word. */
const known: Readonly<Record<string, string>> = {
  water: 'ai_98Xb0K3q',
  people: 'ai_l8TKp2h5',
  man: 'ai_dxSG2s86',
  adult: 'ai_VPmHr5bm',
};

/** The concept of an English word; its id depends on nothing but the word. */
export function conceptOf(name: string): Concept {
  return { id: known[name] ?? `ai_${digest(name)}`, name };
}

function digest(name: string): string {
  let rest = createHash('sha256').update(name.normalize('NFC')).digest().readBigUInt64BE(0);
  let text = '';
  for (let i = 0; i < 8; i++) {
    text += alphabet[Number(rest % 62n)];
    rest /= 62n;
  }
  return text;
}
