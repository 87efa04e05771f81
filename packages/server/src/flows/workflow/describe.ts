// Outputs of a base workflow's nodes as what is kept of them.
import type { AppScope } from '@limpid/domain/access/authority';
import { conceptsOf } from '@limpid/domain/input/labels';
import type { AnnotationConcept } from '@limpid/store/db/annotations';
import { conceptKeys } from '@limpid/store/db/concepts';
import { writeDoc } from '@limpid/store/db/doc';
import { versionConceptKeys } from '@limpid/store/db/workflow-run';
import {
  AnnotationSchema,
  create,
  type Data,
  DataSchema,
  newHexId,
  type Output,
  StatusCode,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import type { PredictTarget } from '../predict/target.ts';
import type { DescribedAnnotation, Effects, ReadyInput } from './effects.ts';
import type { NodeOutputs } from './execute.ts';

/** Detectors tell of much that they are hardly sure of: as annotations it would only be in the way. */
const LEAST_SURE = 0.5;

type Described = Pick<Effects, 'annotations' | 'embeddings'>;

export async function effectsOf(
  deps: Deps,
  app: AppScope,
  inputs: readonly ReadyInput[],
  nodes: readonly NodeOutputs[],
  workflowVersion: bigint | undefined,
): Promise<Described> {
  const annotations: DescribedAnnotation[] = [];
  const embeddings: Effects['embeddings'][number][] = [];
  for (const { node, outputs } of nodes) {
    const space = node.target.version.key;
    const told = inputs.flatMap(({ key }, index) => dataOf(key, outputs[index]));
    for (const { inputKey, data } of told) {
      for (const { vector } of data.embeddings) {
        const made = { inputKey, space, vector: Float32Array.from(vector) };
        embeddings.push({ ...made, ...(workflowVersion !== undefined && { workflowVersion }) });
      }
    }
    annotations.push(...(await annotationsOf(deps, app, node.target, told)));
  }
  return { annotations, embeddings };
}

interface Told {
  readonly inputKey: bigint;
  readonly data: Data;
}

function dataOf(inputKey: bigint, output: Output | undefined): Told[] {
  const isSound = output?.status?.code === StatusCode.SUCCESS;
  return isSound && output.data ? [{ inputKey, data: output.data }] : [];
}

async function annotationsOf(
  deps: Deps,
  app: AppScope,
  target: PredictTarget,
  told: readonly Told[],
): Promise<DescribedAnnotation[]> {
  const kept = told.flatMap(({ inputKey, data }) =>
    keptOf(data, deps).map((part) => ({ inputKey, data: part })),
  );
  const keys = await conceptKeysOf(deps, app, target, kept);
  return kept.map(({ inputKey, data }) => ({
    inputKey,
    id: newHexId(deps.random),
    statusCode: StatusCode.ANNOTATION_SUCCESS,
    modelVersion: target.version.key,
    body: writeDoc(AnnotationSchema, create(AnnotationSchema, { data })),
    concepts: conceptsOf(data).flatMap(({ id, value }): AnnotationConcept[] => {
      const conceptKey = keys.get(id);
      return conceptKey === undefined ? [] : [{ conceptKey, value }];
    }),
  }));
}

/** What is kept as annotations: a region each, as an annotation has one at most, and the whole as one. */
function keptOf({ concepts, colors, text, regions }: Data, { random }: Deps): Data[] {
  const sure = regions.filter(({ value }) => value >= LEAST_SURE);
  const parts = sure.map((region) => {
    region.id ||= newHexId(random);
    return create(DataSchema, { regions: [region] });
  });
  const isTold = concepts.length > 0 || colors.length > 0 || (text?.raw ?? '') !== '';
  if (isTold) parts.unshift(create(DataSchema, { concepts, colors, ...(text && { text }) }));
  return parts;
}

/** Keys of the concepts of the model's own words, else of the app that it lives in when that is this one. */
async function conceptKeysOf(
  { db }: Deps,
  app: AppScope,
  { model, version }: PredictTarget,
  told: readonly { readonly data: Data }[],
): Promise<ReadonlyMap<string, bigint>> {
  const ids = [...new Set(told.flatMap(({ data }) => conceptsOf(data)).map(({ id }) => id))];
  const own = await versionConceptKeys(db, version.key, ids);
  const rest = ids.filter((id) => !own.has(id));
  if (rest.length === 0 || model.app_key !== app.appKey) return own;
  return new Map([...own, ...(await conceptKeys(db, app, rest))]);
}
