/** Visibility.Gettable of the contract: who may see a resource beside its owner. */
export const PRIVATE = 10;
export const ORG = 30;
export const PUBLIC = 50;

/** How a caller stands to an app. `none` and "does not exist" are one answer to the caller. */
export type Standing = 'owner' | 'public' | 'none';

/** A public app shows only when its owner is public too. */
export function standing(
  callerKey: bigint,
  app: { ownerKey: bigint; visibility: number; ownerVisibility: number },
): Standing {
  if (callerKey === app.ownerKey) return 'owner';
  return app.visibility >= PUBLIC && app.ownerVisibility >= PUBLIC ? 'public' : 'none';
}

// What the public may do in a public app: look, and use its models. Never keys, collaborators or anything that writes.
const PUBLIC_OPERATIONS = new Set([
  'AnnotationTracks:Get',
  'Annotations:Get',
  'Apps:Get',
  'Concepts:Get',
  'Datasets:Get',
  'Inputs:Get',
  'InstalledModuleVersions:Get',
  'Metrics:Get',
  'Models:Get',
  'Modules:Get',
  'Predict',
  'SavedSearch:Get',
  'Search',
  'Workflows:Get',
]);

/** Operation scopes of `operations` that a stranger lacks in a public app. */
export function beyondPublic(operations: readonly string[]): string[] {
  return operations.filter((operation) => !PUBLIC_OPERATIONS.has(operation));
}
