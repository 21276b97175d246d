import { csvCell } from '../../domain/csv-cell.js';
import type { Batches, Cell, Column, ColumnType, Table } from './table.js';

/** RFC 4180 with a header; see csvCell for text that spreadsheets would run. */
export async function* encodeCsv<R>({ columns }: Table<R>, batches: Batches<R>) {
  yield Buffer.from(csvLine(columns.map(({ name }) => name)));
  for await (const rows of batches)
    yield Buffer.from(rows.map((row) => csvLine(columns.map((column) => csvText(row, column)))).join(''));
}

const csvLine = (cells: readonly string[]): string => `${cells.join(',')}\r\n`;

function csvText<R>(row: R, { type, of }: Column<R>): string {
  const cell = of(row);
  if (cell === null) return '';
  if (type === 'instant') return new Date(Number(cell)).toISOString();
  return typeof cell === 'string' && type === 'text' ? csvCell(cell) : String(cell);
}

/** An object a line, with a field a column. */
export async function* encodeNdjson<R>({ columns }: Table<R>, batches: Batches<R>) {
  const fields = columns.map((column) => ({ ...column, prefix: `${JSON.stringify(column.name)}:` }));
  for await (const rows of batches) {
    const lines = rows.map(
      (row) => `{${fields.map(({ prefix, type, of }) => prefix + jsonText(of(row), type)).join(',')}}\n`,
    );
    yield Buffer.from(lines.join(''));
  }
}

/** Null for minor units beyond 2^53, as everywhere in the API: most readers of JSON would round them. */
function jsonText(cell: Cell, type: ColumnType): string {
  if (cell === null) return 'null';
  if (type === 'instant') return `"${new Date(Number(cell)).toISOString()}"`;
  if (typeof cell === 'bigint') return Number.isSafeInteger(Number(cell)) ? String(cell) : 'null';
  return JSON.stringify(cell);
}
