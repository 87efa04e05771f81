import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AppScope } from '@limpid/domain/access/authority';
import { PRIVATE } from '@limpid/domain/access/visibility';
import type { Db, Tx } from '@limpid/store';
import type { ConceptRow } from '@limpid/store/db/concepts';
import { getConcepts } from '@limpid/store/db/concepts';
import { readDoc } from '@limpid/store/db/doc';
import { type Concept, ConceptSchema, create, notFound, VisibilitySchema } from '@limpid/wire';

/** Fields that stand in columns, or belong to one input's label rather than to the concept. */
export const CONCEPT_COLUMNS = [
  'id',
  'name',
  'value',
  'language',
  'appId',
  'userId',
  'createdAt',
  'extraInfo',
] as const;

/** A concept of the app as clients see it: by itself it is present, so its value is 1. */
export function conceptMessage(row: ConceptRow, owner: { appId: string; userId: string }): Concept {
  const concept = readDoc(ConceptSchema, row.body);
  concept.id = row.id;
  concept.name = row.name;
  concept.value = 1;
  concept.language = row.language;
  concept.appId = owner.appId;
  concept.userId = owner.userId;
  concept.createdAt = timestampFromDate(row.created_at);
  concept.visibility ??= create(VisibilitySchema, { gettable: PRIVATE });
  return concept;
}

export async function requireConcept(
  db: Db | Tx,
  scope: AppScope,
  id: string,
): Promise<ConceptRow> {
  const [row] = await getConcepts(db, scope, [id]);
  if (!row) throw notFound();
  return row;
}
