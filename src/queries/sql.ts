import type { PoolClient, QueryResultRow } from 'pg';

/** A piece of SQL with its parameters; pieces nest: sql`… WHERE ${condition} AND score > ${least}`. */
export class Sql {
  constructor(
    private readonly strings: readonly string[],
    private readonly values: readonly unknown[],
  ) {}

  /** Numbers the parameters and collects their values. */
  flatten(values: unknown[] = []): { text: string; values: unknown[] } {
    const parts = this.strings.map((text, index) => {
      if (index === this.values.length) return text;
      const value = this.values[index];
      if (value instanceof Sql) return text + value.flatten(values).text;
      return `${text}$${values.push(value)}`;
    });
    return { text: parts.join(''), values };
  }
}

export const sql = (strings: TemplateStringsArray, ...values: readonly unknown[]): Sql =>
  new Sql(strings, values);

/** Text of the program itself (a column, an alias); never anything a client sent. */
export const raw = (text: string): Sql => new Sql([text], []);

export const NOTHING = raw('');

/** Pieces side by side. */
export function join(pieces: readonly Sql[], separator: string): Sql {
  const between = pieces.slice(1).map(() => separator);
  return pieces.length === 0 ? NOTHING : new Sql(['', ...between, ''], pieces);
}

/** The conditions that were asked for, all of which must hold. */
export const allOf = (conditions: readonly (Sql | undefined)[]): Sql =>
  join([raw('true'), ...conditions.filter((condition) => condition !== undefined)], ' AND ');

export async function rows<R extends QueryResultRow>(tx: PoolClient, query: Sql): Promise<R[]> {
  const { text, values } = query.flatten();
  return (await tx.query<R>(text, values)).rows;
}

export async function firstRow<R extends QueryResultRow>(tx: PoolClient, query: Sql): Promise<R | undefined> {
  return (await rows<R>(tx, query))[0];
}
