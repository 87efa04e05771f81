import type { Concept } from '@limpid/wire';
import { invalidArgument } from '@limpid/wire/status';
import type { WantedConcept } from './ast.ts';

/** Concepts as a filter or rank names them: any of them will do. */
export function readConcepts(concepts: readonly Concept[], at: string): WantedConcept[] {
  return concepts.map((concept, index) => {
    const { id, name, language, value } = concept;
    const where = `${at}.concepts[${index}]`;
    if (!id && !name) throw invalidArgument(`${where} needs an id or a name`, 'search');
    if (!(value >= 0 && value <= 1)) {
      throw invalidArgument(`${where}.value must be from 0 to 1`, 'search');
    }
    return { id, name, language: languageOf(language), value };
  });
}

/** Clients name languages as 'ja', 'JA' or 'ja-JP'. */
export function languageOf(given: string): string {
  return given.toLowerCase().split(/[-_]/)[0] ?? '';
}
