import type { ColumnType, GeneratedAlways } from 'kysely';

export type Key = GeneratedAlways<bigint>;
// A nullable column may be left out of an insert.
export type Maybe<T> = ColumnType<T | null, T | null | undefined, T | null>;
/** Set by the database when absent. */
export type Moment = ColumnType<Date, Date | undefined, Date>;
export type MaybeMoment = Maybe<Date>;
export type JsonObject = Record<string, unknown>;
/** Written as JSON text, read as an object. */
export type Body = ColumnType<JsonObject, string | undefined, string>;
export type RequiredBody = ColumnType<JsonObject, string, string>;
export type MaybeJson = ColumnType<unknown, string | null | undefined, string | null>;
