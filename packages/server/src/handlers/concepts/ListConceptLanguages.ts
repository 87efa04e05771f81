import { pageOf } from '@limpid/domain/page';
import { listTranslations } from '@limpid/store/db/concept-languages';
import { rpc } from '../../rpc/rpc.ts';
import { requireConcept } from './concept-message.ts';
import { languageMessage } from './languages.ts';

/** A concept's names in other languages, by language. */
export const ListConceptLanguages = rpc(
  'ListConceptLanguages',
  { scope: 'app' },
  async (call, request) => {
    const { key } = await requireConcept(call.deps.db, call.scope, request.conceptId);
    const rows = await listTranslations(call.deps.db, key, pageOf(request));
    return { conceptLanguages: rows.map(languageMessage) };
  },
);
