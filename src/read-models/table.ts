import { BinaryWriter } from './binary-writer.js';
import { arrayParameter, type ColumnType, jsonText } from './column-types.js';
import type { Statement } from './statements.js';

/** By their names in TypeScript, `leadId` for the column lead_id. */
export type Columns = Readonly<Record<string, ColumnType<unknown>>>;

type Row<C extends Columns> = { readonly [K in keyof C]: C[K] extends ColumnType<infer V> ? V : never };
export type RowOf<T> = T extends Table<infer C> ? Row<C> : never;

interface Column {
  readonly property: string;
  readonly name: string;
  readonly type: ColumnType<unknown>;
}

/** `COPY … WITH (FORMAT binary)`: signature, flags, length of the extension. */
const COPY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const COPY_DATA = 0x64;
const MOST_EXPECTED_BYTES = 2 ** 20;

const snakeCase = (property: string): string =>
  property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What reads rows out of a table. */
export interface Readable<R> {
  readonly name: string;
  /** The list of a SELECT whose rows `decode` takes. */
  selectFrom(alias: string): string;
  /** A row as the driver read it. It is changed in place. */
  decode(row: Record<string, unknown>): R;
}

/** A table by its columns: the type of its rows, and what reads and writes them, follow from the definition. */
export class Table<C extends Columns> implements Readable<Row<C>> {
  readonly #columns: readonly Column[];
  readonly #key: readonly Column[];
  readonly #decoded: readonly (readonly [property: string, decode: (value: never) => unknown])[];
  readonly #copy: string;
  /** Of the rows written last. */
  #bytesPerRow = 0;

  /** @param key what finds a row */
  constructor(
    readonly name: string,
    columns: C,
    key: readonly (keyof C & string)[],
  ) {
    this.#columns = Object.entries(columns).map(([property, type]) => ({
      property,
      name: snakeCase(property),
      type,
    }));
    this.#key = this.#columns.filter(({ property }) => key.includes(property));
    this.#decoded = this.#columns.flatMap(({ property, type: { decode } }) =>
      decode ? [[property, decode] as const] : [],
    );
    this.#copy = `COPY ${name} (${this.#columns.map((column) => column.name).join(', ')}) FROM STDIN (FORMAT binary)`;
  }

  selectFrom(alias: string): string {
    return this.#columns
      .map(({ property, name, type }) => `${type.select(`${alias}.${name}`)} AS "${property}"`)
      .join(', ');
  }

  decode(row: Record<string, unknown>): Row<C> {
    for (const [property, decode] of this.#decoded) row[property] = decode(row[property] as never);
    return row as Row<C>;
  }

  /** Rows as `json_populate_recordset` takes them. */
  toJson(rows: readonly Row<C>[]): string {
    const entry = ({ property, name, type }: Column, row: Row<C>): readonly [string, unknown] => [
      name,
      type.toJson ? type.toJson(row[property] as never) : row[property],
    ];
    return jsonText(rows.map((row) => Object.fromEntries(this.#columns.map((column) => entry(column, row)))));
  }

  /** One COPY: the fastest way in. */
  insert(rows: readonly Row<C>[]): readonly Statement[] {
    if (rows.length === 0) return [];
    const out = new BinaryWriter(this.#expectedBytes(rows.length));
    out.byte(COPY_DATA);
    out.int32(0);
    out.bytes(COPY_HEADER);
    for (const row of rows) this.#writeRow(out, row);
    out.int16(-1);
    out.patchInt32(1, out.length - 1);
    this.#bytesPerRow = out.length / rows.length;
    return [{ text: this.#copy, copy: out.finish() }];
  }

  /** A single wide row must not make the next buffer huge. */
  #expectedBytes(rows: number): number {
    return Math.min(Math.ceil(rows * this.#bytesPerRow * 1.2), MOST_EXPECTED_BYTES);
  }

  /** @throws RangeError with the column that does not take its value */
  #writeRow(out: BinaryWriter, row: Row<C>): void {
    out.int16(this.#columns.length);
    for (const { property, name, type } of this.#columns) {
      try {
        type.write(out, row[property]);
      } catch (cause) {
        const value = String(row[property]).slice(0, 100);
        throw new RangeError(`${this.name}.${name} (${type.sql}) does not take ${value}`, { cause });
      }
    }
  }

  /** Leaves rows that are there as they are. */
  insertMissing(rows: readonly Row<C>[]): readonly Statement[] {
    if (rows.length === 0) return [];
    const names = this.#columns.map(({ name }) => name).join(', ');
    const text = `INSERT INTO ${this.name} (${names}) SELECT ${names} FROM ${unnest(this.#columns)} ON CONFLICT DO NOTHING`;
    return [{ text, values: arrays(rows, this.#columns) }];
  }

  /** Sets columns of the rows that are there, if the condition holds: `t` is the stored row, `v` the given one. */
  update(
    rows: readonly Row<C>[],
    properties: readonly (keyof C & string)[],
    condition = 'true',
  ): readonly Statement[] {
    if (rows.length === 0) return [];
    const set = this.#columns.filter(({ property }) => properties.includes(property));
    const sets = set.map(({ name }) => `${name} = v.${name}`).join(', ');
    const from = unnest([...this.#key, ...set]);
    const text = `UPDATE ${this.name} t SET ${sets} FROM ${from} WHERE ${this.#isSame} AND ${condition}`;
    return [{ text, values: arrays(rows, [...this.#key, ...set]) }];
  }

  /** @param properties columns beside the key that the condition reads */
  delete(
    rows: readonly Row<C>[],
    properties: readonly (keyof C & string)[] = [],
    condition = 'true',
  ): readonly Statement[] {
    if (rows.length === 0) return [];
    const columns = [...this.#key, ...this.#columns.filter(({ property }) => properties.includes(property))];
    const text = `DELETE FROM ${this.name} t USING ${unnest(columns)} WHERE ${this.#isSame} AND ${condition}`;
    return [{ text, values: arrays(rows, columns) }];
  }

  get #isSame(): string {
    return this.#key.map(({ name }) => `t.${name} = v.${name}`).join(' AND ');
  }
}

function unnest(columns: readonly Column[]): string {
  const parameters = columns.map(({ type }, at) => `$${at + 1}::${type.sql}[]`);
  return `unnest(${parameters.join(', ')}) AS v (${columns.map(({ name }) => name).join(', ')})`;
}

const arrays = (rows: readonly Readonly<Record<string, unknown>>[], columns: readonly Column[]): Buffer[] =>
  columns.map(({ property, type }) =>
    arrayParameter(
      type,
      rows.map((row) => row[property]),
    ),
  );
