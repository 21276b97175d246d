import { isUtf8 } from 'node:buffer';
import { snowplow } from '../../intake/formats/snowplow.js';
import { decodeItem } from '../../intake/formats/snowplow/request.js';
import { isObject, type JsonObject, parseJson } from '../../intake/json.js';
import { reject } from '../../intake/outcome.js';
import { notUtf8 } from './json-rows.js';
import { elementTexts } from '../../intake/sent-items.js';
import type { PartOfRow, ReadRow, RowReader } from './row-reader.js';
import { rowTooLarge, type SourceRow } from './row-splitter.js';

/** Columns of an enriched event: docs.snowplow.io, «Enriched TSV format». */
export const ENRICHED_COLUMNS = 131;

/** Of enriched events by their names in the tracker protocol. */
const EVENTS: Readonly<Record<string, string>> = {
  page_view: 'pv',
  page_ping: 'pp',
  struct: 'se',
  unstruct: 'ue',
  transaction: 'tr',
  transaction_item: 'ti',
};

const texts = (value: string): unknown => value;
const json = (value: string): unknown => parseJson(value) ?? value;
/** `2026-03-01 09:30:00.123`, in UTC, as trackers send times: in ms. */
const ms = (value: string): unknown => {
  const at = Date.parse(`${value.replace(' ', 'T')}Z`);
  return Number.isNaN(at) ? value : String(at);
};

type Column = readonly [field: string, read: (value: string) => unknown];

const of = (read: Column[1], fields: Readonly<Record<number, string>>): [number, Column][] =>
  Object.entries(fields).map(([index, field]) => [Number(index), [field, read]]);

/** The field of the tracker protocol that an enriched column was made of. */
const COLUMNS: ReadonlyMap<number, Column> = new Map([
  ...of(texts, { 0: 'aid', 1: 'p', 6: 'eid', 7: 'tid', 8: 'tna', 9: 'tv', 12: 'uid', 13: 'ip', 14: 'fp' }),
  ...of(texts, {
    15: 'duid',
    16: 'vid',
    17: 'nuid',
    29: 'url',
    30: 'page',
    31: 'refr',
    77: 'ua',
    83: 'lang',
  }),
  ...of(texts, { 53: 'se_ca', 54: 'se_ac', 55: 'se_la', 56: 'se_pr', 57: 'se_va', 123: 'sid' }),
  ...of(texts, { 59: 'tr_id', 60: 'tr_af', 61: 'tr_tt', 62: 'tr_tx', 63: 'tr_sh', 64: 'tr_ci', 65: 'tr_st' }),
  ...of(texts, {
    66: 'tr_co',
    108: 'tr_cu',
    67: 'ti_id',
    68: 'ti_sk',
    69: 'ti_na',
    70: 'ti_ca',
    71: 'ti_pr',
  }),
  ...of(texts, { 72: 'ti_qu', 112: 'ti_cu', 73: 'pp_mix', 74: 'pp_max', 75: 'pp_miy', 76: 'pp_may' }),
  ...of(texts, { 100: 'tz', 105: 'cs' }),
  ...of(json, { 52: 'co', 58: 'ue_pr' }),
  // The time that the pipeline corrected; the tracker's own where there is one.
  ...of(ms, { 4: 'dtm', 119: 'stm', 3: 'ttm', 124: 'ttm', 130: 'ttm' }),
]);

const EVENT = 5;

/** An enriched event as the tracker sent it, with its corrected time. */
export function trackerEvent(columns: readonly string[]): JsonObject {
  const event: Record<string, unknown> = {};
  for (const [index, [field, read]] of COLUMNS) {
    const value = columns[index];
    if (value !== undefined && value !== '') event[field] = read(value);
  }
  const name = columns[EVENT] ?? '';
  return { e: EVENTS[name] ?? name, ...event };
}

/** Enriched events, and lines of JSON: an event of the tracker protocol, or a payload with several as trackers post it. */
export const snowplowRows: RowReader = {
  format: snowplow,
  call: 'tp2',
  read: (rows) => rows.map(readRow),
};

function readRow(row: SourceRow): ReadRow {
  if (row.sentBytes !== undefined) return rowTooLarge;
  if (!isUtf8(row.bytes)) return notUtf8;
  const text = row.bytes.toString('utf8');
  return text.startsWith('{') ? readJson(text) : readEnriched(text);
}

function readEnriched(text: string): ReadRow {
  const columns = text.split('\t');
  if (columns.length === ENRICHED_COLUMNS) return { item: trackerEvent(columns), mayHoldUnstorable: true };
  return reject(
    'cell-count',
    `has ${columns.length} columns, and an enriched event of Snowplow has ${ENRICHED_COLUMNS}`,
  );
}

function readJson(text: string): ReadRow {
  const value = parseJson(text);
  if (!isObject(value)) return reject('unreadable-row', 'is not JSON');
  if (!Array.isArray(value.data)) return { ...decodeItem(value), mayHoldUnstorable: true };
  const events: readonly unknown[] = value.data;
  if (events.length === 0) return reject('unreadable-row', 'holds no events', 'data');
  let texts: readonly string[] | undefined;
  const textOf = (index: number): string | undefined =>
    (texts ??= elementTexts(text, events.length) ?? [])[index];
  return { parts: events.map((event, index) => partOf(event, index, textOf)) };
}

function partOf(event: unknown, index: number, textOf: (index: number) => string | undefined): PartOfRow {
  const sent = (): Buffer | undefined => {
    const text = textOf(index);
    return text === undefined ? undefined : Buffer.from(text);
  };
  return { ...decodeItem(event), mayHoldUnstorable: true, pointer: `/data/${index}`, sent };
}
