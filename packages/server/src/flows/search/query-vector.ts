// The vector that a rank compares with, and the space it lies in.

import { findModelType } from '@limpid/domain/model-types/registry';
import type { RankTerm } from '@limpid/domain/query/ast';
import { averageOf } from '@limpid/domain/query/read-rank';
import { asksForPresence } from '@limpid/domain/query/score';
import { leavesOf, meets } from '@limpid/domain/workflow/leaves';
import { getInputs, type InputRow } from '@limpid/store/db/inputs';
import type { ConceptSet } from '@limpid/store/db/search-conditions';
import {
  type Embedder,
  listBaseModels,
  vectorsOfConcepts,
  vectorsOfInput,
} from '@limpid/store/db/search-embeddings';
import { invalidArgument, notFound, StatusCode, StatusError } from '@limpid/wire';
import type { QueryContent, SearchContext } from './needs.ts';

export interface QueryVector {
  readonly space: bigint;
  readonly vector: Float32Array;
  /** The least similar come first. */
  readonly negate: boolean;
}

/** Inputs that stand for a concept are enough when there are so many. */
const MAX_EXAMPLES = 1000;

export async function resolveVector(
  context: SearchContext,
  rank: RankTerm,
  concepts: readonly ConceptSet[],
): Promise<QueryVector> {
  const { negate, criterion } = rank;
  switch (criterion.by) {
    case 'image': {
      const space = await spaceFor(context, rank, 'image');
      return { negate, space, vector: await embed(context, space, { image: criterion.source }) };
    }
    case 'text': {
      const space = await spaceFor(context, rank, 'text');
      return { negate, space, vector: await embed(context, space, { text: criterion.text }) };
    }
    case 'vector':
      return {
        negate,
        vector: criterion.vector,
        space: await spaceOfSize(context, rank, criterion.vector.length),
      };
    case 'input':
      return { negate, ...(await vectorOfInput(context, rank, criterion.id)) };
    case 'concepts': {
      const isAbsence = concepts.every(({ value }) => !asksForPresence(value));
      return {
        negate: negate !== isAbsence,
        ...(await vectorOfConcepts(context, rank, concepts)),
      };
    }
    default:
      return criterion satisfies never;
  }
}

function embed({ call, needs }: SearchContext, space: bigint, content: QueryContent) {
  return needs.embedQuery(call, space, content);
}

type Medium = 'image' | 'text';

/** The base workflow's first model that embeds such a medium, or the one that the rank names. */
async function spaceFor(context: SearchContext, rank: RankTerm, medium: Medium): Promise<bigint> {
  if (rank.modelVersionId) return await spaceOfVersion(context, rank.modelVersionId);
  const models = await baseModels(context);
  const model = models.find(({ modelTypeId }) => embeds(modelTypeId, medium));
  if (model) return model.space;
  const suggested = medium === 'text' ? 'Universal or Text' : 'Universal or General';
  throw invalidArgument(
    `the app's base workflow has no model that embeds ${medium}: choose one such as ${suggested}`,
    'search',
  );
}

function embeds(modelTypeId: string, medium?: Medium): boolean {
  const type = findModelType(modelTypeId);
  const gives = leavesOf(type?.outputs);
  if (!type || gives === 'any' || !gives.has('embeddings')) return false;
  return medium === undefined || meets(leavesOf(type.inputs), new Set([medium]));
}

async function spaceOfVersion(context: SearchContext, versionId: string): Promise<bigint> {
  const spaces = await context.spaces();
  const found = spaces.find((space) => space.versionId === versionId);
  if (found) return found.space;
  throw invalidArgument(
    `no input of the app is embedded by model version '${versionId.slice(0, 80)}'`,
    'search',
  );
}

async function spaceOfSize(context: SearchContext, rank: RankTerm, size: number): Promise<bigint> {
  if (rank.modelVersionId) return await spaceOfVersion(context, rank.modelVersionId);
  const spaces = await context.spaces();
  const fitting = spaces.filter(({ dimensions }) => dimensions === size).map(({ space }) => space);
  const base = fitting.length > 1 ? await baseSpaces(context) : [];
  const found = base.find((space) => fitting.includes(space)) ?? fitting[0];
  if (found !== undefined) return found;
  throw invalidArgument(`no input of the app is embedded in ${size} dimensions`, 'search');
}

async function baseModels({ call }: SearchContext): Promise<readonly Embedder[]> {
  const { deps, scope, known } = call;
  const load = () => listBaseModels(deps.db, scope);
  return (await known.get(`base models ${scope.appKey}`, load)) ?? [];
}

async function baseSpaces(context: SearchContext): Promise<bigint[]> {
  const models = await baseModels(context);
  return models.filter(({ modelTypeId }) => embeds(modelTypeId)).map(({ space }) => space);
}

/** The spaces in which the app's own vectors may be looked for, the likeliest first. */
async function spacesToTry(context: SearchContext, rank: RankTerm): Promise<bigint[]> {
  if (rank.modelVersionId) return [await spaceOfVersion(context, rank.modelVersionId)];
  const [all, base] = await Promise.all([context.spaces(), baseSpaces(context)]);
  return [...new Set([...base, ...all.map(({ space }) => space)])];
}

async function vectorOfInput(context: SearchContext, rank: RankTerm, id: string) {
  const { deps, scope } = context.call;
  const [input]: (InputRow | undefined)[] = await getInputs(deps.db, scope, [id]);
  if (!input) throw notFound(`input '${id.slice(0, 80)}' does not exist`);
  for (const space of await spacesToTry(context, rank)) {
    const vectors = await vectorsOfInput(deps.db, scope, space, input.key);
    if (vectors.length > 0) return { space, vector: averageOf(vectors) };
  }
  throw new StatusError(StatusCode.SEARCH_BY_NOT_FULLY_INDEXED_INPUT, {
    details: `input '${id.slice(0, 80)}' is not indexed`,
  });
}

async function vectorOfConcepts(
  context: SearchContext,
  rank: RankTerm,
  concepts: readonly ConceptSet[],
) {
  const { deps, scope } = context.call;
  const keys = concepts.flatMap((concept) => concept.keys);
  for (const space of await spacesToTry(context, rank)) {
    const vectors = await vectorsOfConcepts(deps.db, scope, space, keys, MAX_EXAMPLES);
    if (vectors.length > 0) return { space, vector: averageOf(vectors) };
  }
  throw invalidArgument('no indexed input was annotated with the concept to average', 'search');
}
