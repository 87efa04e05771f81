import type { DescField, JsonObject, Message } from '@limpid/wire';

// Generated messages are plain objects whose properties are their fields; the descriptor says which.
function propertiesOf(message: Message): Record<string, unknown> {
  return message as unknown as Record<string, unknown>;
}

interface OneofValue {
  readonly case: string | undefined;
  readonly value?: unknown;
}

/** The value as generated code shows it: JSON for Struct, the bare value for wrappers. */
export function readField(message: Message, field: DescField): unknown {
  if (field.oneof === undefined) return propertiesOf(message)[field.localName];
  const held = propertiesOf(message)[field.oneof.localName] as OneofValue;
  return held.case === field.localName ? held.value : undefined;
}

export function writeField(message: Message, field: DescField, value: unknown): void {
  if (field.oneof === undefined) propertiesOf(message)[field.localName] = value;
  else propertiesOf(message)[field.oneof.localName] = { case: field.localName, value };
}

// The four below read a field whose kind the table's verb implies; the table test holds them to it.

export function readMessage(message: Message, field: DescField): Message | undefined {
  return readField(message, field) as Message | undefined;
}

export function readMessages(message: Message, field: DescField): Message[] {
  return readField(message, field) as Message[];
}

export function readValues(message: Message, field: DescField): unknown[] {
  return readField(message, field) as unknown[];
}

export function readJson(message: Message, field: DescField): JsonObject {
  return (readField(message, field) ?? {}) as JsonObject;
}

/** Elements are identified by their string field `id`; empty means none was given. */
export function idOf(message: Message): string {
  const id = propertiesOf(message).id;
  return typeof id === 'string' ? id : '';
}
