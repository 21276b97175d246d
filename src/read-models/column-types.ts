import { BinaryWriter } from './binary-writer.js';

/** How values of a column look in TypeScript, on their way to PostgreSQL, and on their way back. */
export interface ColumnType<T> {
  readonly sql: string;
  readonly oid: number;
  /** Appends the value with its length. @throws RangeError what PostgreSQL would take for a broken message */
  write(out: BinaryWriter, value: T): void;
  /** The expression to select, whose value the driver parses into what `decode` takes. */
  select(column: string): string;
  /** Undefined: the driver's value is the value. */
  readonly decode?: (value: never) => T;
  /** The value as PostgreSQL reads it from JSON. Undefined: the value itself. */
  readonly toJson?: (value: never) => unknown;
}

const plain = (column: string): string => column;
const NULL_LENGTH = -1;

/** PostgreSQL keeps no NUL in a text, so it is left out. */
const withoutNul = (value: string): string => (value.includes('\0') ? value.replaceAll('\0', '') : value);

export const text: ColumnType<string> = {
  sql: 'text',
  oid: 25,
  write: (out, value) => out.text(withoutNul(value)),
  select: plain,
};

/** A text of which only some values occur. */
export const textOf = <T extends string>(): ColumnType<T> => text as unknown as ColumnType<T>;

export const uuid: ColumnType<string> = {
  sql: 'uuid',
  oid: 2950,
  write(out, value) {
    out.int32(16);
    if (!out.uuid(value)) throw new RangeError(`"${value}" is not a UUID`);
  },
  select: plain,
};

export const boolean: ColumnType<boolean> = {
  sql: 'boolean',
  oid: 16,
  write(out, value) {
    out.int32(1);
    out.byte(value ? 1 : 0);
  },
  select: plain,
};

/** A small integer of which only some values occur. */
export const smallintOf = <T extends number>(): ColumnType<T> => ({
  sql: 'smallint',
  oid: 21,
  write(out, value) {
    out.int32(2);
    out.int16(value);
  },
  select: plain,
});

export const integer: ColumnType<number> = {
  sql: 'integer',
  oid: 23,
  write(out, value) {
    out.int32(4);
    out.int32(value);
  },
  select: plain,
};

export const bigint: ColumnType<bigint> = {
  sql: 'bigint',
  oid: 20,
  write(out, value) {
    out.int32(8);
    out.int64(value);
  },
  select: plain,
  decode: (value: string) => BigInt(value),
  toJson: String,
};

export const double: ColumnType<number> = {
  sql: 'double precision',
  oid: 701,
  write(out, value) {
    out.int32(8);
    out.double(value);
  },
  select: plain,
};

const EPOCH_2000_MS = 946_684_800_000;
const EPOCH_2000_DAYS = 10_957;

/** An instant in ms since 1970. */
export const timestamptz: ColumnType<number> = {
  sql: 'timestamptz',
  oid: 1184,
  write(out, ms) {
    if (!Number.isInteger(ms)) throw new RangeError(`${ms} is not an instant in ms`);
    out.int32(8);
    const micros = (ms - EPOCH_2000_MS) * 1000;
    if (Number.isSafeInteger(micros)) out.safeInteger(micros);
    else out.int64(BigInt(ms - EPOCH_2000_MS) * 1000n);
  },
  // `extract` would compute in numeric.
  select: (column) => `round(date_part('epoch', ${column}) * 1000)`,
  toJson: (ms: number) => new Date(ms).toISOString(),
};

/** A day counted from 1970-01-01. */
export const date: ColumnType<number> = {
  sql: 'date',
  oid: 1082,
  write(out, day) {
    if (!Number.isInteger(day)) throw new RangeError(`${day} is not a day`);
    out.int32(4);
    out.int32(day - EPOCH_2000_DAYS);
  },
  select: (column) => `${column} - date '1970-01-01'`,
};

const stripNul = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? withoutNul(value) : value;

/** JSON without NUL characters, which PostgreSQL refuses. */
export function jsonText(value: unknown): string {
  const json = JSON.stringify(value);
  return json.includes('\\u0000') ? JSON.stringify(value, stripNul) : json;
}

/** Kept as text: for what no statement looks into, at a third of the cost of `jsonb`. */
export const json = <T>(): ColumnType<T> => ({
  sql: 'json',
  oid: 114,
  write: (out, value) => out.text(jsonText(value)),
  select: plain,
});

export const jsonb = <T>(): ColumnType<T> => ({
  sql: 'jsonb',
  oid: 3802,
  write(out, value) {
    const at = out.length;
    out.int32(0);
    out.byte(1); // version of the format
    out.utf8(jsonText(value));
    out.patchInt32(at, out.length - at - 4);
  },
  select: plain,
});

/** The same, or NULL. */
export const nullable = <T>(type: ColumnType<T>): ColumnType<T | null> => {
  const { decode, toJson } = type;
  return {
    ...type,
    write(out, value) {
      if (value === null) out.int32(NULL_LENGTH);
      else type.write(out, value);
    },
    ...(decode && { decode: (value: unknown) => (value === null ? null : decode(value as never)) }),
    ...(toJson && { toJson: (value: unknown) => (value === null ? null : toJson(value as never)) }),
  };
};

function writeArray<T>(out: BinaryWriter, type: ColumnType<T>, values: readonly T[]): void {
  out.int32(values.length === 0 ? 0 : 1); // dimensions
  out.int32(1); // there may be NULLs
  out.int32(type.oid);
  if (values.length === 0) return;
  out.int32(values.length);
  out.int32(1); // first subscript
  for (const value of values) type.write(out, value);
}

/** An array as a parameter of a statement. */
export function arrayParameter<T>(type: ColumnType<T>, values: readonly T[]): Buffer {
  const out = new BinaryWriter();
  writeArray(out, type, values);
  return out.finish();
}

/** @param oid of the array type; the other one is the element's */
const arrayOf = <T>(element: ColumnType<T>, oid: number): ColumnType<readonly T[]> => {
  const { toJson } = element;
  return {
    sql: `${element.sql}[]`,
    oid,
    write(out, values) {
      const at = out.length;
      out.int32(0);
      writeArray(out, element, values);
      out.patchInt32(at, out.length - at - 4);
    },
    select: plain,
    ...(toJson && { toJson: (values: readonly never[]) => values.map(toJson) }),
  };
};

export const textArray = <T extends string = string>(): ColumnType<readonly T[]> =>
  arrayOf(textOf<T>(), 1009);
/** Texts of which some may be NULL. */
export const nullableTextArray: ColumnType<readonly (string | null)[]> = arrayOf(nullable(text), 1009);
export const uuidArray = arrayOf(uuid, 2951);
export const timestamptzArray = arrayOf(timestamptz, 1185);
export const smallintArray = arrayOf(smallintOf(), 1005);
export const bigintArray = arrayOf(bigint, 1016);
export const doubleArray = arrayOf(double, 1022);
