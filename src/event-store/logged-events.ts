import type { PoolClient } from 'pg';
import type { Position } from '../domain/events.js';
import type { Progress } from './event-store.js';
import { integers, texts, uuids } from './pg-array.js';
import { moveParameters, moveProgress } from './progress.js';
import { textRows, type EventRow } from './recorded.js';

/** An event that is in the log. */
export interface LoggedEvent {
  readonly workspace: string;
  readonly id: string;
  readonly version: number;
  readonly position: Position | undefined;
}

interface Placed extends LoggedEvent {
  readonly position: Position;
}

const LOCK_STREAMS = `INSERT INTO touchline.logged_stream AS known (key, version) SELECT key, 0 FROM unnest($1::uuid[]) key
  ON CONFLICT (key) DO UPDATE SET version = known.version RETURNING key, version`;
const KNOWN = 'SELECT id, workspace, position, version FROM touchline.logged_event WHERE id = ANY ($1)';
const CLAIM = `INSERT INTO touchline.logged_event (position, id, version, workspace)
  SELECT 0, * FROM unnest($1::uuid[], $2::integer[], $3::text[]) ON CONFLICT DO NOTHING RETURNING 1`;
const UNCLAIM = `DELETE FROM touchline.logged_event logged USING unnest($1::uuid[], $2::text[]) claimed(id, workspace)
  WHERE logged.id = claimed.id AND logged.workspace = claimed.workspace AND logged.position = 0`;
const MARK = `INSERT INTO touchline.logged_position SELECT max(position) FROM unnest($1::bigint[]) position
  HAVING max(position) IS NOT NULL ON CONFLICT DO NOTHING`;
const FOUND = `WITH found AS (INSERT INTO touchline.logged_event (position, id, version, workspace)
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::integer[], $4::text[]) ON CONFLICT DO NOTHING)
  ${MARK}`;
const PLACE = `WITH placed AS (
    UPDATE touchline.logged_event logged SET position = at.position
    FROM unnest($1::bigint[], $2::uuid[], $3::text[]) at(position, id, workspace)
    WHERE logged.id = at.id AND logged.workspace = at.workspace)
  ${MARK}`;
const VERSIONS = `UPDATE touchline.logged_stream known SET version = reached.version
  FROM unnest($1::uuid[], $2::integer[]) reached(key, version) WHERE known.key = reached.key`;
const MOVE = moveProgress(1);

/**
 * The index of the log, within one transaction. Everybody takes locks in one order: streams by key, then events by id,
 * then progress; so nobody waits crosswise.
 */
export class LoggedEvents {
  constructor(private readonly session: PoolClient) {}

  /** Holds the streams until the end. @param keys in order @returns the version of each */
  async lock(keys: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#rows('lock-streams', LOCK_STREAMS, [uuids(keys)]);
    return new Map(rows.map(([key, version]) => [key ?? '', Number(version)]));
  }

  /** Those of the ids that are in the log, in any workspace. */
  async known(ids: readonly string[]): Promise<LoggedEvent[]> {
    const rows = await this.#rows('known-events', KNOWN, [uuids(ids)]);
    return rows.map(([id, workspace, position, version]) => ({
      ...{ id: id ?? '', workspace: workspace ?? '', version: Number(version) },
      position: BigInt(position ?? 0),
    }));
  }

  /** Waits for others that append the same events. @returns whether all were free to claim */
  async claim(events: readonly LoggedEvent[]): Promise<boolean> {
    const inOrder = events.toSorted(byId);
    const rows = await this.#rows('claim-events', CLAIM, [
      uuids(inOrder.map(({ id }) => id)),
      integers(inOrder.map(({ version }) => version)),
      texts(inOrder.map(({ workspace }) => workspace)),
    ]);
    return rows.length === events.length;
  }

  async unclaim(events: readonly LoggedEvent[]): Promise<void> {
    const ids = events.map(({ id }) => id);
    const workspaces = events.map(({ workspace }) => workspace);
    await this.#rows('unclaim-events', UNCLAIM, [uuids(ids), texts(workspaces)]);
  }

  /** Events that were found in the log. */
  async add(events: readonly Placed[]): Promise<void> {
    const inOrder = events.toSorted(byId);
    await this.#rows('found-events', FOUND, [
      inOrder.map(({ position }) => String(position)),
      uuids(inOrder.map(({ id }) => id)),
      integers(inOrder.map(({ version }) => version)),
      texts(inOrder.map(({ workspace }) => workspace)),
    ]);
  }

  /** Where the claimed events lie now. */
  async place(events: readonly Placed[]): Promise<void> {
    await this.#rows('place-events', PLACE, [
      events.map(({ position }) => String(position)),
      uuids(events.map(({ id }) => id)),
      texts(events.map(({ workspace }) => workspace)),
    ]);
  }

  async setVersions(streams: ReadonlyMap<string, number>): Promise<void> {
    await this.#rows('stream-versions', VERSIONS, [
      uuids([...streams.keys()]),
      integers([...streams.values()]),
    ]);
  }

  async move(moves: readonly Progress[]): Promise<void> {
    await this.#rows('move-progress', MOVE, moveParameters(moves));
  }

  async #rows(name: string, text: string, values: unknown[]): Promise<EventRow[]> {
    const query = textRows(`touchline-${name}`, text, values);
    return (await this.session.query<(string | null)[]>(query)).rows;
  }
}

function byId(a: LoggedEvent, b: LoggedEvent): number {
  return a.id === b.id ? (a.workspace < b.workspace ? -1 : 1) : a.id < b.id ? -1 : 1;
}
