import { advisory, Type } from '../../schema.js';

/** A field that a provider may send; what cannot be read of it is left out. */
export const field = (type: string | readonly string[], description: string) =>
  Type.Optional(advisory({ type, description }));

/** The entry of a table by a name that a provider sent. */
export const entryOf = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
