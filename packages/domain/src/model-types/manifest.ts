import type {
  EvaluationType,
  ModelTypeField_ModelTypeFieldType as FieldTypes,
  JsonValue,
} from '@limpid/wire';

export type FieldType = Exclude<keyof typeof FieldTypes, 'INVALID_MODEL_TYPE_FIELD_TYPE'>;

/** One setting of a model type: what lists show, what versions are checked against, what a form asks for. */
export interface FieldSpec {
  /** Where its value stands in a ModelVersion, such as `output_info.params.margin`. */
  readonly path: string;
  readonly type: FieldType;
  readonly description: string;
  readonly default?: JsonValue;
  readonly required?: true;
  readonly range?: { readonly min?: number; readonly max?: number; readonly step?: number };
  readonly options?: readonly FieldOption[];
  /** Texts that a value must hold, each at least once. */
  readonly holds?: readonly string[];
  readonly placeholder?: string;
}

export interface FieldOption {
  readonly id: string;
  readonly description: string;
  /** A number that stands for the option too. */
  readonly alias?: number;
}

/** What a model type is, declared once: it answers ListModelTypes, checks versions and types the workflow graph. */
export interface ModelTypeManifest {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Operators are fixed functions for workflows, without weights. */
  readonly kind: 'model' | 'operator';
  /**
   * Fields of Data that it takes, and gives. Those of one entry, separated by commas, belong to one piece of data;
   * `any` stands for whatever there is.
   */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Its versions come out of a training. */
  readonly trainable?: true;
  readonly evaluation?: Exclude<keyof typeof EvaluationType, 'Undefined'>;
  /** Frames must come one after the other. */
  readonly sequential?: true;
  readonly fields?: readonly FieldSpec[];
}
