import type { PoolClient } from 'pg';
import type { BuyerHistory } from '../../domain/engagement/buyer-history.js';
import { LeadRows } from '../../domain/engagement/lead-rows.js';
import { LeadSegments } from '../../domain/engagement/lead-segments.js';
import type { LocalMonths } from '../../domain/engagement/local-months.js';
import { UUID_WORDS } from '../../domain/engagement/uuid-index.js';
import { after, microsAt, wordAt } from './binary-values.js';
import type { Dictionaries } from './dictionaries.js';
import type { EngagementRowsSql } from './engagement-rows.js';
import { copyRows } from './row-copy.js';

/** So many rows are read until room is asked for again. */
const ROWS_A_CHECK = 4_096;

/** The rows take more memory than there is. */
export class OverBudget extends Error {
  override readonly name = 'OverBudget';
}

/** @param hasRoom whether so many bytes may be used */
export async function readLeads(
  tx: PoolClient,
  sql: EngagementRowsSql,
  months: LocalMonths,
  dictionaries: Dictionaries,
  hasRoom: (bytes: number) => boolean,
): Promise<LeadRows> {
  const rows = new LeadRows();
  let read = 0;
  const check = (): void => {
    if (!hasRoom(rows.bytes + dictionaries.bytes)) throw new OverBudget();
  };
  const readers = [
    [sql.profiles(), profileReader(rows, dictionaries)],
    [sql.moves(), moveReader(rows, dictionaries)],
    [sql.touches(), touchReader(rows, months, dictionaries)],
  ] as const;
  for (const [query, decode] of readers)
    await copyRows(tx, query, (bytes, at) => {
      read += 1;
      if (read % ROWS_A_CHECK === 0) check();
      decode(bytes, at);
    });
  check();
  return rows;
}

const leadAt = ({ leads }: LeadRows, bytes: Buffer, at: number): number =>
  leads.indexOf(wordAt(bytes, at, 0), wordAt(bytes, at, 1), wordAt(bytes, at, 2), wordAt(bytes, at, 3));

const profileReader = (rows: LeadRows, dictionaries: Dictionaries) => (bytes: Buffer, at: number) =>
  rows.setPersona(leadAt(rows, bytes, at), dictionaries.textAt(bytes, after(bytes, at)));

/** lead_id, event_id, at, to_stage */
const moveReader = (rows: LeadRows, dictionaries: Dictionaries) => (bytes: Buffer, at: number) => {
  const ofEvent = after(bytes, at);
  const ofInstant = after(bytes, ofEvent);
  const stage = dictionaries.textAt(bytes, after(bytes, ofInstant));
  const row = rows.moves.add(leadAt(rows, bytes, at), microsAt(bytes, ofInstant), stage);
  writeEvent(rows.moves.event, row, bytes, ofEvent);
};

/** lead_id, event_id, occurred_at, three values of the content and five of the origin */
const touchReader =
  (rows: LeadRows, months: LocalMonths, dictionaries: Dictionaries) => (bytes: Buffer, at: number) => {
    const ofEvent = after(bytes, at);
    const ofInstant = after(bytes, ofEvent);
    const ofContent = after(bytes, ofInstant);
    const ofOrigin = after(bytes, after(bytes, after(bytes, ofContent)));
    const micros = microsAt(bytes, ofInstant);
    const row = rows.touches.add(
      leadAt(rows, bytes, at),
      micros,
      months.at(micros),
      dictionaries.contentAt(bytes, ofContent, ofOrigin),
      dictionaries.originAt(bytes, ofOrigin, bytes.length),
    );
    writeEvent(rows.touches.event, row, bytes, ofEvent);
  };

function writeEvent(events: Uint32Array, row: number, bytes: Buffer, at: number): void {
  for (let word = 0; word < UUID_WORDS; word += 1) events[row * UUID_WORDS + word] = wordAt(bytes, at, word);
}

/** Who is in which segments. */
export async function readSegments(
  tx: PoolClient,
  sql: EngagementRowsSql,
  history: BuyerHistory,
  dictionaries: Dictionaries,
): Promise<LeadSegments> {
  const segments = new LeadSegments();
  await copyRows(tx, sql.members(), (bytes, at) => {
    const lead = history.leadOf(
      ...([wordAt(bytes, at, 0), wordAt(bytes, at, 1), wordAt(bytes, at, 2), wordAt(bytes, at, 3)] as const),
    );
    segments.add(lead, dictionaries.textAt(bytes, after(bytes, at)));
  });
  return segments;
}
