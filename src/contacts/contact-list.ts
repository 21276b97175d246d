import { checkedMapping, type CsvMapping } from '../cli/import/csv-mapping.js';
import { type CsvFile, csvRows, openCsv } from '../cli/import/csv-rows.js';
import { contactRows } from '../cli/import/json-rows.js';
import type { RowReader } from '../cli/import/row-reader.js';
import { RowSplitter, type SourceRow } from '../cli/import/row-splitter.js';
import { Refused } from '../domain/refused.js';
import { Problem } from '../http/problem.js';
import { contact } from '../intake/formats/contact.js';
import { isObject, parseJson } from '../intake/json.js';
import { elementTexts } from '../intake/sent-items.js';

/** A list of people as it was sent. The line of a row of JSON is its place in the list, from 1. */
export interface ContactList {
  readonly format: 'csv' | 'native';
  readonly rows: readonly SourceRow[];
  readonly reader: RowReader;
  readonly mapping: CsvMapping;
}

/**
 * @param mapping of CSV, as JSON
 * @throws Problem 400 `unreadable-body`, 413 `too-large`
 * @throws Refused `mapping-invalid`, `header-invalid`
 */
export function readContactList(text: string, name: string, isCsv: boolean, mapping?: string): ContactList {
  const list = isCsv ? csvList(text, name, mapping) : jsonList(text);
  if (list.rows.length > contact.requestItems)
    throw new Problem(
      413,
      'too-large',
      `A list has at most ${contact.requestItems} people; import larger ones with npx touchline import`,
    );
  return list;
}

function csvList(text: string, name: string, given: string | undefined): ContactList {
  const mapping: CsvMapping = { ...mappingOf(given), type: 'contacts' };
  const bytes = Buffer.from(text);
  const { read, findEnd, start } = openBody(name, bytes, mapping);
  const rows = [...new RowSplitter(findEnd, start).push(bytes.subarray(start.offset), true)];
  return { format: 'csv', rows, reader: csvRows('contacts', read), mapping };
}

/** @throws Refused that name the body as the field at fault */
function openBody(name: string, bytes: Buffer, mapping: CsvMapping): CsvFile {
  try {
    return openCsv(name, bytes, mapping);
  } catch (error) {
    throw error instanceof Refused ? new Refused(error.code, error.message, 'body') : error;
  }
}

function mappingOf(given: string | undefined): CsvMapping {
  if (given === undefined) return {};
  const value = parseJson(given);
  if (value === undefined) throw new Refused('mapping-invalid', 'mapping: is not JSON', 'mapping');
  const mapping = checkedMapping(value, 'mapping');
  if (mapping.type !== undefined && mapping.type !== 'contacts')
    throw new Refused('mapping-invalid', 'mapping: type must be contacts', 'mapping');
  return mapping;
}

function jsonList(text: string): ContactList {
  const value = parseJson(text);
  if (!isObject(value) && !Array.isArray(value))
    throw new Problem(
      400,
      'unreadable-body',
      'The body must be a contact or a list of them, as JSON, or CSV',
    );
  const texts = Array.isArray(value) ? (elementTexts(text, value.length) ?? []) : [text];
  const rows = texts.map((each, index): SourceRow => {
    const line = index + 1;
    return { line, next: { offset: 0, line: line + 1 }, bytes: Buffer.from(each) };
  });
  return { format: 'native', rows, reader: contactRows, mapping: {} };
}
