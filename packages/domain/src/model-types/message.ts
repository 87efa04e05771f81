import { ValueSchema } from '@bufbuild/protobuf/wkt';
import {
  create,
  EvaluationType,
  ModelTypeField_ModelTypeFieldType as FieldTypes,
  fromJson,
  type JsonValue,
  type ModelType,
  type ModelTypeEnumOption,
  ModelTypeEnumOptionAliasSchema,
  ModelTypeEnumOptionSchema,
  type ModelTypeField,
  ModelTypeFieldSchema,
  ModelTypeRangeInfoSchema,
  ModelTypeSchema,
} from '@limpid/wire';
import type { FieldOption, FieldSpec, ModelTypeManifest } from './manifest.ts';

/** A model type as clients see it. */
export function modelTypeMessage(manifest: ModelTypeManifest): ModelType {
  return create(ModelTypeSchema, {
    id: manifest.id,
    title: manifest.title,
    description: manifest.description,
    inputFields: [...manifest.inputs],
    outputFields: [...manifest.outputs],
    trainable: manifest.trainable ?? false,
    creatable: true,
    requiresSequentialFrames: manifest.sequential ?? false,
    evaluationType: EvaluationType[manifest.evaluation ?? 'Undefined'],
    modelTypeFields: (manifest.fields ?? []).map(fieldMessage),
  });
}

function fieldMessage(spec: FieldSpec): ModelTypeField {
  const field = create(ModelTypeFieldSchema, {
    path: spec.path,
    fieldType: FieldTypes[spec.type],
    description: spec.description,
    // The Python client fails on a setting without one.
    placeholder: spec.placeholder ?? spec.path.split('.').at(-1) ?? spec.path,
    required: spec.required ?? false,
    modelTypeEnumOptions: (spec.options ?? []).map(optionMessage),
  });
  if (spec.default !== undefined) field.defaultValue = fromJson(ValueSchema, copyOf(spec.default));
  if (spec.range) field.modelTypeRangeInfo = create(ModelTypeRangeInfoSchema, spec.range);
  return field;
}

function optionMessage(option: FieldOption): ModelTypeEnumOption {
  const message = create(ModelTypeEnumOptionSchema, {
    id: option.id,
    description: option.description,
  });
  if (option.alias !== undefined) {
    message.aliases = [create(ModelTypeEnumOptionAliasSchema, { idInt: BigInt(option.alias) })];
  }
  return message;
}

/** Manifests are shared; messages belong to their answer. */
function copyOf(value: JsonValue): JsonValue {
  return structuredClone(value);
}
