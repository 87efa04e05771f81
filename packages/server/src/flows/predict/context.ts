import type { AppScope } from '@limpid/domain/access/authority';
import type { Known } from '@limpid/store/db/known';
import type { Call } from '../../call.ts';
import type { Deps } from '../../deps.ts';

/** Who asks for a prediction: a caller, or a job of the platform in the name of an app's owner. */
export interface PredictContext {
  readonly deps: Deps;
  readonly signal: AbortSignal;
  /** Told to the runner. Use is noted once for each id and part. */
  readonly reqId: string;
  /** Whose runners may serve, and whose use it is. */
  readonly user: { readonly key: bigint; readonly id: string };
  readonly app: AppScope | undefined;
  readonly known: Known;
}

type Asking = Pick<Call<'any'>, 'deps' | 'signal' | 'reqId' | 'caller' | 'scope' | 'known'>;

export function contextOf({ deps, signal, reqId, caller, scope, known }: Asking): PredictContext {
  return {
    deps,
    signal,
    reqId,
    user: { key: caller.userKey, id: caller.userId },
    app: scope?.kind === 'app' ? scope : undefined,
    known,
  };
}
