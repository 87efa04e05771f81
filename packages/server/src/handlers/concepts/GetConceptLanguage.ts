import { getTranslations } from '@limpid/store/db/concept-languages';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireConcept } from './concept-message.ts';
import { languageMessage } from './languages.ts';

export const GetConceptLanguage = rpc(
  'GetConceptLanguage',
  { scope: 'app' },
  async (call, request) => {
    const { key } = await requireConcept(call.deps.db, call.scope, request.conceptId);
    const [row] = await getTranslations(call.deps.db, key, [request.language]);
    if (!row) throw notFound();
    return { conceptLanguage: languageMessage(row) };
  },
);
