// Scopes are strings: an operation ('Inputs:Add', 'Predict'), an endpoint ('/clarifai.api.V2/PostInputs') or 'All'.
// An RPC is open to a credential that holds its endpoint scope AND every operation scope that its work needs.

export const ALL_SCOPE = 'All';
export const ENDPOINT_PREFIX = '/clarifai.api.V2/';

/** What a credential grants, closed under the read scopes that its operations imply. */
export interface ScopeSet {
  readonly all: boolean;
  readonly operations: ReadonlySet<string>;
  readonly endpoints: ReadonlySet<string>;
}

/** What an RPC asks for. */
export interface Demand {
  readonly endpoint: string;
  readonly operations: readonly string[];
}

// Reading a thing means reading what it is made of. Only read scopes are ever implied: nothing here lets a
// credential write, predict or search that was not granted just that.
const READS: Readonly<Record<string, readonly string[]>> = {
  'AnnotationTracks:Get': ['Inputs:Get', 'Annotations:Get'],
  'Annotations:Get': ['Concepts:Get', 'Inputs:Get', 'Models:Get'],
  'BulkOperation:Get': ['Apps:Get'],
  'Collaborators:Get': ['Apps:Get'],
  'Collectors:Get': ['Apps:Get'],
  'ComputeClusters:Get': ['Keys:Get'],
  'Concepts:Get': ['Apps:Get'],
  'Datasets:Get': ['Apps:Get', 'SavedSearch:Get', 'Inputs:Get', 'Annotations:Get', 'Concepts:Get'],
  'Deployments:Get': ['Nodepools:Get', 'Models:Get', 'Workflows:Get'],
  'Inputs:Get': ['Apps:Get', 'Annotations:Get', 'Concepts:Get'],
  'Metrics:Get': ['Models:Get', 'Inputs:Get'],
  'ModelExports:Get': ['Models:Get'],
  'Models:Get': ['Apps:Get', 'Concepts:Get'],
  'Modules:Get': ['Apps:Get'],
  'Nodepools:Get': ['ComputeClusters:Get', 'InstanceTypes:Get'],
  'RunnerItems:Get': ['Runners:Get'],
  'Runners:Get': ['Nodepools:Get', 'Models:Get', 'Workflows:Get'],
  'SavedSearch:Get': ['Apps:Get'],
  'Tasks:Get': ['Inputs:Get', 'SavedSearch:Get', 'Workflows:Get'],
  'Uploads:Get': ['Apps:Get'],
  'Workflows:Get': ['Apps:Get', 'Models:Get'],
  Predict: ['Apps:Get', 'Concepts:Get', 'Models:Get', 'Workflows:Get'],
  Search: ['Annotations:Get', 'Inputs:Get', 'Models:Get', 'SavedSearch:Get', 'Workflows:Get'],
};

/** The read scopes that an operation scope brings along, one step. */
export function impliedReads(operation: string): readonly string[] {
  const direct = READS[operation];
  if (direct) return direct;
  const colon = operation.indexOf(':');
  return colon > 0 && operation.slice(colon) !== ':Get' ? [`${operation.slice(0, colon)}:Get`] : [];
}

/** Builds the set that a credential's stored scopes and endpoints stand for. */
export function scopeSet(scopes: readonly string[], endpoints: readonly string[]): ScopeSet {
  const operations = new Set<string>();
  const open = new Set<string>();
  const all = scopes.includes(ALL_SCOPE);
  const queue = [...scopes, ...endpoints];
  for (let scope = queue.pop(); scope !== undefined; scope = queue.pop()) {
    if (scope.startsWith(ENDPOINT_PREFIX)) open.add(scope);
    else if (!operations.has(scope)) {
      operations.add(scope);
      queue.push(...impliedReads(scope));
    }
  }
  return { all, operations, endpoints: open };
}

/** Scopes that `demand` needs and `set` lacks, operations first; empty when the call is allowed. */
export function missingScopes(set: ScopeSet, demand: Demand): string[] {
  if (set.all) return [];
  const missing = demand.operations.filter((operation) => !set.operations.has(operation));
  if (!set.endpoints.has(demand.endpoint)) missing.push(demand.endpoint);
  return missing;
}

/** True when every scope in `wanted` is within `set`: a credential can not grant more than it holds. */
export function covers(set: ScopeSet, wanted: ScopeSet): boolean {
  if (set.all) return true;
  if (wanted.all) return false;
  const operationsHeld = [...wanted.operations].every((scope) => set.operations.has(scope));
  return operationsHeld && [...wanted.endpoints].every((scope) => set.endpoints.has(scope));
}
