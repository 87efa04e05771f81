import { actionOf } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { getTranslations, updateTranslation } from '@limpid/store/db/concept-languages';
import { lockConcepts } from '@limpid/store/db/concepts';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireConcept } from './concept-message.ts';
import { languageMessage, translationsOf } from './languages.ts';

/** Replaces names and definitions in languages that the concept has, all or none. */
export const PatchConceptLanguages = rpc(
  'PatchConceptLanguages',
  { scope: 'app' },
  async (call, request) => {
    const { db } = call.deps;
    actionOf(request.action, ['overwrite']);
    const { key } = await requireConcept(db, call.scope, request.conceptId);
    const translations = translationsOf(request.conceptLanguages);
    await transaction(db, async (tx) => {
      // Two that patch the same languages in another order wait for each other instead of deadlocking.
      await lockConcepts(tx, call.scope, [request.conceptId]);
      for (const translation of translations) {
        if (!(await updateTranslation(tx, key, translation))) throw notFound();
      }
    });
    const languages = translations.map(({ language }) => language);
    const rows = await getTranslations(db, key, languages);
    return { conceptLanguages: rows.map(languageMessage) };
  },
);
