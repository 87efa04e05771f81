import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AnnotationRow } from '@limpid/store/db/annotation-queries';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import {
  type Annotation,
  AnnotationSchema,
  create,
  DataSchema,
  ModelSchema,
  StatusSchema,
  statusInfo,
  UserSchema,
  WorkerSchema,
} from '@limpid/wire';
import { type NamesFrom, nameConcepts } from '../../present/inputs.ts';

const COLUMNS = [
  'id',
  'inputId',
  'userId',
  'modelVersionId',
  'embedModelVersionId',
  'status',
  'createdAt',
  'modifiedAt',
  'trusted',
  'inputLevel',
  'consensusInfo',
  'taskId',
  'worker',
] as const;

/** The part of an annotation that is kept as its message. */
export function annotationBody(annotation: Annotation): string {
  return writeDoc(AnnotationSchema, annotation, { omit: COLUMNS });
}

/** Rows of one app as messages, in their order. */
export async function annotationMessages(
  from: NamesFrom,
  rows: readonly AnnotationRow[],
): Promise<Annotation[]> {
  const annotations = rows.map(annotationMessage);
  // What a model said keeps the names of the model's own concepts.
  const byPeople = annotations.filter((_, index) => rows[index]?.model_version === null);
  await nameConcepts(
    from,
    byPeople.flatMap(({ data }) => data ?? []),
  );
  return annotations;
}

function annotationMessage(row: AnnotationRow): Annotation {
  const annotation = readDoc(AnnotationSchema, row.body);
  annotation.id = row.id;
  annotation.inputId = row.input_id;
  annotation.data ??= create(DataSchema);
  annotation.inputLevel = row.input_level;
  annotation.taskId = row.task_id ?? '';
  annotation.createdAt = timestampFromDate(row.created_at);
  annotation.modifiedAt = timestampFromDate(row.modified_at);
  annotation.status = create(StatusSchema, {
    code: row.status_code,
    description: statusInfo(row.status_code).description,
    details: row.status_details,
  });
  if (row.user_id !== null) {
    annotation.userId = row.user_id;
    annotation.worker = create(WorkerSchema, {
      worker: { case: 'user', value: create(UserSchema, { id: row.user_id }) },
    });
  }
  if (row.model_version_id !== null) {
    annotation.modelVersionId = row.model_version_id;
    annotation.worker = create(WorkerSchema, {
      worker: {
        case: 'model',
        value: create(ModelSchema, { modelVersion: { id: row.model_version_id } }),
      },
    });
  }
  return annotation;
}
