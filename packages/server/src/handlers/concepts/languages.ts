import type { ConceptLanguageRow, Translation } from '@limpid/store/db/concept-languages';
import { type ConceptLanguage, ConceptLanguageSchema, create, invalidArgument } from '@limpid/wire';

const LANGUAGE = /^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$/i;

export function languageMessage(row: ConceptLanguageRow): ConceptLanguage {
  return create(ConceptLanguageSchema, {
    id: row.language,
    name: row.name,
    definition: row.definition,
  });
}

/** The translations of a request, each in a language of its own. */
export function translationsOf(given: readonly ConceptLanguage[]): Translation[] {
  if (given.length === 0) throw invalidArgument('concept_languages is empty', 'concept');
  const languages = new Set(given.map(({ id }) => id));
  if (languages.size < given.length) throw invalidArgument('A language is given twice', 'concept');
  return given.map(({ id, name, definition }) => {
    if (!LANGUAGE.test(id))
      throw invalidArgument(`'${id.slice(0, 40)}' is not a language`, 'concept');
    if (!name) throw invalidArgument(`The name in '${id}' is empty`, 'concept');
    return { language: id, name, definition };
  });
}
