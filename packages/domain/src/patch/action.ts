import { invalidRequest } from '@limpid/wire/status';

export type PatchAction = 'merge' | 'overwrite' | 'remove';

/** The requested action if this resource takes it; the refusal is worded as clients know it. */
export function actionOf(action: string, allowed: readonly PatchAction[]): PatchAction {
  const known = allowed.find((candidate) => candidate === action);
  if (known === undefined) {
    throw invalidRequest(`Invalid action: Unrecognized action '${action.slice(0, 64)}'`);
  }
  return known;
}
