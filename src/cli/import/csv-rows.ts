import { isUtf8 } from 'node:buffer';
import { Refused } from '../../domain/refused.js';
import { contact } from '../../intake/formats/contact.js';
import { native } from '../../intake/formats/native.js';
import { opportunity } from '../../intake/formats/opportunity.js';
import { isRejected, reject } from '../../intake/outcome.js';
import { itemOf } from './csv-items.js';
import { type CompiledMapping, compileMapping, type CsvMapping } from './csv-mapping.js';
import { csvHeaderEnd, csvRowEnd, detectDelimiter, isFault, parseRecord } from './csv-records.js';
import type { CatalogueType, RowType } from './csv-fields.js';
import { notUtf8, withMessageId } from './json-rows.js';
import type { RowReader, SingleRow } from './row-reader.js';
import {
  type FindRowEnd,
  type RowPosition,
  RowSplitter,
  rowTooLarge,
  type SourceRow,
} from './row-splitter.js';

/** How a CSV file is read, by its header. */
export interface CsvFile {
  readonly type: RowType;
  readonly findEnd: FindRowEnd;
  /** Behind the header. */
  readonly start: RowPosition;
  /** The item of a row, as its mapping says. */
  readonly read: (row: SourceRow) => SingleRow;
}

/**
 * @param start of the file, with the whole header
 * @throws Refused `mapping-invalid`, `header-invalid`
 */
export function openCsv(name: string, start: Buffer, mapping: CsvMapping): CsvFile {
  const [header] = new RowSplitter(csvHeaderEnd).push(start, true);
  if (!header)
    throw new Refused('header-invalid', `${name}: the file is empty; its first row must be the header`);
  const text = header.bytes.toString('utf8');
  const delimiter = mapping.delimiter ?? detectDelimiter(text);
  const cells = parseRecord(text, delimiter);
  if (isFault(cells)) throw new Refused('header-invalid', `${name}: the header ${cells.message}`);
  const headers = cells.map((cell) => cell.trim());
  const compiled = compileMapping(name, headers, mapping);
  return {
    ...{ type: compiled.type, findEnd: csvRowEnd(delimiter, headers.length), start: header.next },
    read: (row) => readRecord(row, { delimiter, headers, compiled, mapping }),
  };
}

interface RecordFormat {
  readonly delimiter: string;
  readonly headers: readonly string[];
  readonly compiled: CompiledMapping;
  readonly mapping: CsvMapping;
}

function readRecord(row: SourceRow, { delimiter, headers, compiled, mapping }: RecordFormat): SingleRow {
  if (row.sentBytes !== undefined) return rowTooLarge;
  if (!isUtf8(row.bytes)) return notUtf8;
  const cells = parseRecord(row.bytes.toString('utf8'), delimiter);
  if (isFault(cells)) return reject('unreadable-row', cells.message, headers[cells.cell ?? -1]);
  const isLonger = cells.slice(headers.length).some((cell) => cell.trim() !== '');
  if (cells.length < headers.length || isLonger)
    return reject('cell-count', `has ${cells.length} cells, and the header has ${headers.length}`);
  const item = itemOf(cells, compiled, mapping);
  return isRejected(item) ? item : { item, mayHoldUnstorable: true };
}

/** Types of which a wire format has the items. */
type FormatType = Exclude<RowType, CatalogueType>;

const FORMATS: Readonly<Record<FormatType, Pick<RowReader, 'format' | 'call'>>> = {
  touchpoints: { format: native, call: 'touchpoints' },
  contacts: { format: contact, call: 'contacts' },
  opportunities: { format: opportunity, call: 'opportunities' },
};

/** The items of a CSV file. */
export const csvRows = (type: FormatType, read: CsvFile['read']): RowReader => ({
  ...FORMATS[type],
  read: (rows, occasion) =>
    rows.map((row) => {
      const found = read(row);
      if (isRejected(found) || type !== 'touchpoints') return found;
      return {
        ...found,
        item: withMessageId(found.item as object as Record<string, unknown>, () => occasion(row)),
      };
    }),
});
