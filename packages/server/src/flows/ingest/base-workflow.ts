// What the app's base workflow says about inputs, as ingestion needs it. Effects are data: only `commit` writes them.
import type { BaseWorkflow, Effects } from '../workflow/effects.ts';

export type {
  BaseWorkflow,
  DescribedAnnotation,
  Effects,
  ReadyInput,
} from '../workflow/effects.ts';

export const noEffects: Effects = { annotations: [], embeddings: [], failures: [] };

/** For apps without a base workflow, and for `Empty`. */
export const silentWorkflow: BaseWorkflow = {
  describes: async () => false,
  run: async () => noEffects,
};
