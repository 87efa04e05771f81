// The table of handlers. Together with `unimplemented` it names every RPC of the contract, or it does not compile.
import type { Handlers, RpcName } from '../rpc/rpc.ts';
import { annotationFilters } from './annotation-filters/index.ts';
import { annotationTracks } from './annotation-tracks/index.ts';
import { annotations } from './annotations/index.ts';
import { apps } from './apps/index.ts';
import { clouds } from './clouds/index.ts';
import { computeClusters } from './compute-clusters/index.ts';
import { concepts } from './concepts/index.ts';
import { datasets } from './datasets/index.ts';
import { deployments } from './deployments/index.ts';
import { extractionJobs } from './extraction-jobs/index.ts';
import { inputs } from './inputs/index.ts';
import { keys } from './keys/index.ts';
import { modelTypes } from './model-types/index.ts';
import { modelVersions } from './model-versions/index.ts';
import { models } from './models/index.ts';
import { nodepools } from './nodepools/index.ts';
import { predictions } from './predictions/index.ts';
import { runners } from './runners/index.ts';
import { searches } from './searches/index.ts';
import { statusCodes } from './status-codes/index.ts';
import type { unimplemented } from './unimplemented.ts';
import { uploads } from './uploads/index.ts';
import { users } from './users/index.ts';
import { workflowResults } from './workflow-results/index.ts';
import { workflows } from './workflows/index.ts';

const implemented = {
  ...annotationFilters,
  ...annotationTracks,
  ...annotations,
  ...apps,
  ...clouds,
  ...concepts,
  ...datasets,
  ...computeClusters,
  ...nodepools,
  ...deployments,
  ...extractionJobs,
  ...inputs,
  ...keys,
  ...predictions,
  ...runners,
  ...searches,
  ...statusCodes,
  ...uploads,
  ...users,
  ...models,
  ...modelVersions,
  ...modelTypes,
  ...workflowResults,
  ...workflows,
} satisfies Handlers;

type Named = keyof typeof implemented | (typeof unimplemented)[number];
/** Fails to compile, naming them, while an RPC stands in neither list or in both. */
type Nameless = Exclude<RpcName, Named>;
type Twice = Extract<keyof typeof implemented, (typeof unimplemented)[number]>;
const complete: [Nameless, Twice] extends [never, never] ? true : [Nameless, Twice] = true;

export const handlers: Handlers = complete && implemented;
