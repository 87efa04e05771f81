import type { AppScope } from '@limpid/domain/access/authority';
import { sql } from 'kysely';
import type { Db, Tx } from './db.ts';

/** A concept that an annotation names, at its place among them. */
export interface AnnotationConcept {
  readonly conceptKey: bigint;
  readonly value: number;
}

export interface NewAnnotation {
  readonly inputKey: bigint;
  readonly id: string;
  readonly inputLevel: boolean;
  readonly statusCode: number;
  /** Exactly one of the three. */
  readonly userKey?: bigint;
  readonly modelVersion?: bigint;
  readonly workflowVersion?: bigint;
  readonly taskId?: string;
  /** JSON of the Annotation message's data and annotation_info, as `writeDoc` makes it. */
  readonly body: string;
  readonly concepts: readonly AnnotationConcept[];
}

/** Adds annotations and the concepts they name; returns their keys in order. Their inputs must exist. */
export async function insertAnnotations(
  tx: Tx,
  scope: AppScope,
  annotations: readonly NewAnnotation[],
): Promise<bigint[]> {
  if (annotations.length === 0) return [];
  const rows = `[${annotations.map(jsonOf).join(',')}]`;
  const { rows: made } = await sql<{ key: bigint; input_key: bigint; id: string }>`
    insert into annotations (app_key, input_key, id, input_level, status_code, user_key, model_version,
                             workflow_version, task_id, body)
    select ${scope.appKey}::bigint, new.input_key, new.id, new.input_level, new.status_code, new.user_key,
           new.model_version, new.workflow_version, new.task_id, new.body
    from json_to_recordset(${rows}::json) as new (
      input_key bigint, id text, input_level boolean, status_code integer, user_key bigint, model_version bigint,
      workflow_version bigint, task_id text, body jsonb)
    returning key, input_key, id`.execute(tx);
  const keys = new Map(made.map((row) => [`${row.input_key} ${row.id}`, row.key]));
  const keyed = annotations.map((annotation) => ({
    ...annotation,
    // Every row went in: a broken constraint is an error, not a row left out.
    key: keys.get(`${annotation.inputKey} ${annotation.id}`) as bigint,
  }));
  await insertAnnotationConcepts(tx, scope, keyed);
  return keyed.map((annotation) => annotation.key);
}

function jsonOf(annotation: NewAnnotation): string {
  const text = (key: bigint | undefined) => (key === undefined ? undefined : String(key));
  const rest = {
    input_key: String(annotation.inputKey),
    id: annotation.id,
    input_level: annotation.inputLevel,
    status_code: annotation.statusCode,
    user_key: text(annotation.userKey),
    model_version: text(annotation.modelVersion),
    workflow_version: text(annotation.workflowVersion),
    task_id: annotation.taskId || undefined,
  };
  return `${JSON.stringify(rest).slice(0, -1)},"body":${annotation.body}}`;
}

export interface ConceptsOfAnnotation {
  readonly key: bigint;
  readonly inputKey: bigint;
  readonly concepts: readonly AnnotationConcept[];
}

/** Notes which concepts annotations name, in their order. */
export async function insertAnnotationConcepts(
  tx: Tx,
  scope: AppScope,
  annotations: readonly ConceptsOfAnnotation[],
): Promise<void> {
  const rows = annotations.flatMap(({ key, inputKey, concepts }) =>
    concepts.map(({ conceptKey, value }, ordinal) => ({
      key,
      inputKey,
      ordinal,
      conceptKey,
      value,
    })),
  );
  if (rows.length === 0) return;
  await sql`
    insert into annotation_concepts (app_key, annotation_key, input_key, ordinal, concept_key, value)
    select ${scope.appKey}::bigint, * from unnest(
      ${rows.map((row) => row.key)}::bigint[], ${rows.map((row) => row.inputKey)}::bigint[],
      ${rows.map((row) => row.ordinal)}::integer[], ${rows.map((row) => row.conceptKey)}::bigint[],
      ${rows.map((row) => row.value)}::real[])`.execute(tx);
}

export interface InputLabels {
  readonly inputKey: bigint;
  /** For the annotation that is made where the input has none yet. */
  readonly id: string;
  readonly userKey: bigint;
  readonly statusCode: number;
  readonly body: string;
  readonly concepts: readonly AnnotationConcept[];
}

/** Replaces the labels that stand at the level of whole inputs. Each input is named once. */
export async function replaceInputLabels(
  tx: Tx,
  scope: AppScope,
  labels: readonly InputLabels[],
): Promise<void> {
  const existing = await inputLevelKeys(
    tx,
    labels.map((label) => label.inputKey),
  );
  await insertAnnotations(
    tx,
    scope,
    labels
      .filter((label) => !existing.has(label.inputKey))
      .map((label) => ({ ...label, inputLevel: true })),
  );
  const changed = labels.flatMap((label) => {
    const key = existing.get(label.inputKey);
    return key === undefined ? [] : [{ ...label, key }];
  });
  if (changed.length === 0) return;
  const keys = changed.map((label) => label.key);
  await sql`
    update annotations set body = new.body::jsonb, modified_at = now()
    from unnest(${keys}::bigint[], ${changed.map((label) => label.body)}::text[]) as new (key, body)
    where annotations.key = new.key`.execute(tx);
  await sql`delete from annotation_concepts where annotation_key = any(${keys}::bigint[])`.execute(
    tx,
  );
  await insertAnnotationConcepts(tx, scope, changed);
}

/** Keys of the input-level annotations, by input. */
async function inputLevelKeys(
  db: Db | Tx,
  inputKeys: readonly bigint[],
): Promise<Map<bigint, bigint>> {
  if (inputKeys.length === 0) return new Map();
  const rows = await db
    .selectFrom('annotations')
    .select(['input_key', 'key'])
    .where('input_level', '=', true)
    .where(sql<boolean>`input_key = any(${[...inputKeys]}::bigint[])`)
    .execute();
  return new Map(rows.map((row) => [row.input_key, row.key]));
}
