import { transaction } from '@limpid/store';
import { getTranslations, insertTranslations } from '@limpid/store/db/concept-languages';
import { duplicateId } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireConcept } from './concept-message.ts';
import { languageMessage, translationsOf } from './languages.ts';

/** Names a concept in further languages, all or none. */
export const PostConceptLanguages = rpc(
  'PostConceptLanguages',
  { scope: 'app' },
  async (call, request) => {
    const { db } = call.deps;
    const { key } = await requireConcept(db, call.scope, request.conceptId);
    const translations = translationsOf(request.conceptLanguages);
    await transaction(db, async (tx) => {
      const taken = await insertTranslations(tx, key, translations);
      if (taken.length > 0) throw duplicateId(`The concept already exists in ${taken.join(', ')}`);
    });
    const languages = translations.map(({ language }) => language);
    const rows = await getTranslations(db, key, languages);
    return { conceptLanguages: rows.map(languageMessage) };
  },
);
