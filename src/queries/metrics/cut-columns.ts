import { join, raw, sql, type Sql } from '../sql.js';

/** The cuts of a metric as columns key0, key1 … of its inner query. Without cuts there is one cell. */
export interface CutColumns {
  /** In the select list of the inner query, each with a comma after it. */
  readonly select: Sql;
  /** Their names, each with a comma after it. */
  readonly names: Sql;
  /** To group by. */
  readonly group: Sql;
  /** What answers show: an array of texts. */
  readonly keys: Sql;
  /** To order by behind what a metric orders by; with a leading month, before it. */
  readonly ties: Sql;
  readonly time: Sql;
}

/** @param columns an expression for each cut; that of a month is its first day */
export function cutColumns<Cut extends string>(
  by: readonly Cut[],
  columns: Readonly<Record<Cut, Sql>>,
): CutColumns {
  const name = (index: number): Sql => raw(`key${index}`);
  const listed = (items: Sql[], before = '', after = ''): Sql =>
    items.length === 0 ? raw('') : sql`${raw(before)}${join(items, ', ')}${raw(after)}`;
  const shown = by.map((cut, index) =>
    raw(cut === 'month' ? `to_char(key${index}, 'YYYY-MM')` : `key${index}`),
  );
  const ordered = by.map((cut, index) =>
    raw(cut === 'month' ? `key${index}` : `key${index} COLLATE "C" NULLS LAST`),
  );
  return {
    select: listed(
      by.map((cut, index) => sql`${columns[cut]} AS ${name(index)}`),
      '',
      ', ',
    ),
    names: listed(
      by.map((_, index) => name(index)),
      '',
      ', ',
    ),
    group: listed(
      by.map((_, index) => name(index)),
      'GROUP BY ',
    ),
    keys: sql`ARRAY[${listed(shown)}]::text[]`,
    ties: listed(ordered, ', '),
    time: by[0] === 'month' ? raw('key0, ') : raw(''),
  };
}

/** The order of cells that were made in memory: by time if the first cut is the month, then the largest first. */
export function compareCells(by: readonly string[]): (a: SizedCell, b: SizedCell) => number {
  const time = ({ keys }: SizedCell): string => (by[0] === 'month' ? (keys[0] ?? '') : '');
  return (a, b) =>
    compare(time(a), time(b)) || b.size - a.size || compare(JSON.stringify(a.keys), JSON.stringify(b.keys));
}

interface SizedCell {
  readonly keys: readonly (string | null)[];
  readonly size: number;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
