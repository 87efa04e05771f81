import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { applyPage, type Window } from './page.ts';
import type { ConceptLanguagesTable } from './tables.ts';

export type ConceptLanguageRow = Selectable<ConceptLanguagesTable>;

export interface Translation {
  readonly language: string;
  readonly name: string;
  readonly definition: string;
}

/** Adds translations of a concept; returns the languages that it has already. */
export async function insertTranslations(
  tx: Tx,
  concept: bigint,
  translations: readonly Translation[],
): Promise<string[]> {
  const made = await tx
    .insertInto('concept_languages')
    .values(translations.map((translation) => ({ concept_key: concept, ...translation })))
    .onConflict((conflict) => conflict.doNothing())
    .returning('language')
    .execute();
  const added = new Set(made.map((row) => row.language));
  return translations.map(({ language }) => language).filter((language) => !added.has(language));
}

/** Replaces a translation; false when there is none in its language. */
export async function updateTranslation(
  tx: Tx,
  concept: bigint,
  change: Translation,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('concept_languages')
    .set({ name: change.name, definition: change.definition, modified_at: sql`now()` })
    .where('concept_key', '=', concept)
    .where('language', '=', change.language)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function listTranslations(
  db: Db,
  concept: bigint,
  window: Window,
): Promise<ConceptLanguageRow[]> {
  const query = db.selectFrom('concept_languages').selectAll().where('concept_key', '=', concept);
  return await applyPage(query, window, [], 'language').execute();
}

export async function getTranslations(
  db: Db | Tx,
  concept: bigint,
  languages: readonly string[],
): Promise<ConceptLanguageRow[]> {
  if (languages.length === 0) return [];
  const rows = await db
    .selectFrom('concept_languages')
    .selectAll()
    .where('concept_key', '=', concept)
    .where('language', 'in', [...languages])
    .execute();
  return languages.flatMap((language) => rows.find((row) => row.language === language) ?? []);
}
