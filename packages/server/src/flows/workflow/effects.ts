// What a base workflow says about inputs. Effects are data: whoever commits them writes them.
import type { AppScope } from '@limpid/domain/access/authority';
import type { InputKind, MediaEntry } from '@limpid/domain/input/media';
import type { AnnotationConcept } from '@limpid/store/db/annotations';
import type { NewEmbedding } from '@limpid/store/db/embeddings';

/** An input whose bytes are ours and were looked at. */
export interface ReadyInput {
  readonly key: bigint;
  readonly id: string;
  readonly kind: InputKind;
  /** JSON of the input's Data message: its text, where that is short, and source URLs. */
  readonly body: unknown;
  readonly media: readonly MediaEntry[];
}

export interface DescribedAnnotation {
  readonly inputKey: bigint;
  readonly id: string;
  readonly statusCode: number;
  /** Whichever made it. */
  readonly modelVersion?: bigint;
  readonly workflowVersion?: bigint;
  /** JSON of an Annotation message's data, as `writeDoc` makes it. */
  readonly body: string;
  readonly concepts: readonly AnnotationConcept[];
}

export interface Effects {
  readonly annotations: readonly DescribedAnnotation[];
  readonly embeddings: readonly NewEmbedding[];
  /** Inputs that the workflow cannot describe: they end with this status. */
  readonly failures: readonly {
    readonly inputKey: bigint;
    readonly code: number;
    readonly details: string;
  }[];
}

export interface BaseWorkflow {
  /** False where the base workflow says nothing: inputs are done once their media is known. */
  describes(app: AppScope): Promise<boolean>;
  /**
   * Runs the base workflow on a few inputs. A StatusError that means "later" puts them all back to be tried again; any
   * other error fails them.
   */
  run(app: AppScope, inputs: readonly ReadyInput[], signal: AbortSignal): Promise<Effects>;
}
