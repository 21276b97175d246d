import pg from 'pg';
import type { EventType, Position, RecordedEvent } from '../domain/events.js';
import { AppendBatch } from './append-batch.js';
import { appendCall, type AppendCall } from './append-call.js';
import { Coalescer, type CoalescerOptions } from './coalescer.js';
import {
  StoreUnavailable,
  type Append,
  type AppendResult,
  type EventStore,
  type Page,
  type Progress,
  type Subscription,
} from './event-store.js';
import { Growth } from './growth.js';
import { isTransient } from './pg-faults.js';
import { furthest, moveParameters, moveProgress, PROGRESS, progressOf } from './progress.js';
import { EVENT_COLUMNS, recordedEvent, textRows, type EventRow } from './recorded.js';
import { subscribe } from './subscription.js';

const COLUMNS = EVENT_COLUMNS.join(', ');
const APPEND = `SELECT head, positions, versions, actual
  FROM touchline.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`;
/** At the end of the statement, so always under the lock of the log's head: nobody waits crosswise. */
const APPEND_AND_MOVE = `WITH moved AS (${moveProgress(17)})
  ${APPEND}`;
const READ_AT = `SELECT ${COLUMNS} FROM touchline.event WHERE position <= $1 ORDER BY position DESC LIMIT 1`;
const READ_ALL = `SELECT ${COLUMNS} FROM touchline.event WHERE position > $1 AND position <= $1::bigint + $2 ORDER BY position`;
const READ_STREAM = `SELECT ${COLUMNS} FROM touchline.event
  WHERE stream_key = touchline.stream_key($1, $2) AND version > $3 ORDER BY version LIMIT $4`;
const READ_PAGE = `SELECT page.up_to, event.* FROM (SELECT least(head, $1::bigint + $2) AS up_to FROM touchline.log) page
  LEFT JOIN (SELECT ${COLUMNS} FROM touchline.event
             WHERE position > $1 AND position <= $1::bigint + $2 AND type = ANY ($3)) event ON true
  ORDER BY event.position`;
const HEAD = 'SELECT head FROM touchline.log';
const ADD_PARTITIONS = 'SELECT touchline.add_event_partitions()';

/** Partitions are made this far ahead of the head, and looked after each time half of it is used up. */
const AHEAD = 20_000_000n;
const POLL_MS = { shortest: 5, longest: 200 };

/**
 * The log in PostgreSQL (docs/adr/0001, 0002). Appends of this process that wait at the same time share a transaction;
 * other processes may append to the same log. Give it `createLogPool`: appends use two connections, readers the rest.
 */
export class PostgresEventStore implements EventStore {
  readonly guarantees = { densePositions: true, progressWithAppend: true };
  readonly #pool: pg.Pool;
  readonly #coalescer: Coalescer<AppendCall, readonly AppendResult[]>;
  readonly #growth: Growth;
  #closed = false;
  #polling = false;
  #roomSeenAt: Position = -AHEAD;

  /**
   * @param pool stays the caller's to end, after `close`
   * @param growth shared with the stores of other threads
   */
  constructor(pool: pg.Pool, options: Partial<CoalescerOptions> = {}, growth = new Growth()) {
    this.#pool = pool;
    this.#growth = growth;
    this.#coalescer = new Coalescer((calls) => this.#write(calls), mayPass, options);
  }

  /** Events taken and not yet durable. */
  get waitingEvents(): number {
    return this.#coalescer.waitingEvents;
  }

  async append(batch: readonly Append[], progress?: Progress): Promise<readonly AppendResult[]> {
    const call = appendCall(batch, progress);
    return call ? this.#coalescer.add(call) : batch.map(() => ({ status: 'appended', receipts: [] }));
  }

  async progressOf(source: string): Promise<Progress | undefined> {
    const [row] = await this.#read('progress', PROGRESS, [source]);
    return progressOf(source, row);
  }

  async readStream(
    workspace: string,
    stream: string,
    after = 0,
    limit = 2 ** 31 - 1,
  ): Promise<readonly RecordedEvent[]> {
    return (await this.#read('read-stream', READ_STREAM, [workspace, stream, after, limit])).map(
      recordedEvent,
    );
  }

  async readAll(after: Position, limit: number): Promise<readonly RecordedEvent[]> {
    return (await this.#read('read-all', READ_ALL, [after, limit])).map(recordedEvent);
  }

  async readAt(position: Position): Promise<RecordedEvent | undefined> {
    const [row] = await this.#read('read-at', READ_AT, [position]);
    return row && recordedEvent(row);
  }

  async readPage(after: Position, limit: number, types: readonly EventType[]): Promise<Page> {
    const rows = await this.#read('read-page', READ_PAGE, [after, limit, types]);
    const upTo = BigInt(rows[0]?.[0] ?? 0);
    const events = rows.flatMap(([, ...row]) => (row[0] === null ? [] : [recordedEvent(row)]));
    return { events, upTo: upTo > after ? upTo : after, full: upTo - after >= BigInt(limit) };
  }

  async head(): Promise<Position> {
    const [row] = await this.#read('head', HEAD, []);
    const head = BigInt(row?.[0] ?? 0);
    this.#growth.reach(head);
    return head;
  }

  subscribe(
    after: Position,
    handler: (batch: readonly RecordedEvent[]) => Promise<void>,
    onError: (error: unknown) => void,
  ): Subscription {
    return subscribe(this, after, handler, onError);
  }

  waitForGrowth(after: Position, timeoutMs: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const grown = this.#growth.waitFor(after, timeoutMs);
    if (!this.#polling) void this.#poll();
    return grown;
  }

  async close(): Promise<void> {
    await this.#coalescer.close();
    this.#closed = true;
    this.#growth.wakeAll();
  }

  async #write(calls: readonly AppendCall[]): Promise<readonly (readonly AppendResult[])[]> {
    const batch = new AppendBatch(calls.flatMap(({ appends }) => appends));
    const moves = furthest(calls.flatMap(({ progress }) => progress ?? []));
    const [row = []] = await (
      moves.length === 0
        ? this.#query('append', APPEND, batch.parameters())
        : this.#query('append-and-move', APPEND_AND_MOVE, [...batch.parameters(), ...moveParameters(moves)])
    ).catch((error: unknown) => this.#makeRoom(error));
    const head = BigInt(row[0] ?? 0);
    this.#growth.reach(head);
    if (head - this.#roomSeenAt > AHEAD / 2n) this.#seeToRoom(head);
    const results = batch.results(row);
    let next = 0;
    return calls.map(({ appends }) => results.slice(next, (next += appends.length)));
  }

  /** In the background: there is room for ten million events more, and a failure shows when it is used up. */
  #seeToRoom(head: Position): void {
    this.#roomSeenAt = head;
    this.#pool.query(ADD_PARTITIONS).catch(() => (this.#roomSeenAt = -AHEAD));
  }

  async #makeRoom(error: unknown): Promise<never> {
    if (isOutOfRoom(error)) await this.#pool.query(ADD_PARTITIONS);
    throw error;
  }

  /** Looks for events of other processes, while somebody waits. */
  async #poll(): Promise<void> {
    this.#polling = true;
    let pause = POLL_MS.shortest;
    while (this.#growth.waiting && !this.#closed) {
      await this.#growth.waitFor(this.#growth.reached, pause);
      const known = this.#growth.reached;
      const head = await this.head().catch(() => known);
      pause = head > known ? POLL_MS.shortest : Math.min(pause * 1.5, POLL_MS.longest);
    }
    this.#polling = false;
  }

  async #read(name: string, text: string, values: unknown[]): Promise<EventRow[]> {
    return this.#query(name, text, values).catch((error: unknown) => {
      if (!mayPass(error)) throw error;
      throw new StoreUnavailable('the database of the event log does not answer', 5, { cause: error });
    });
  }

  async #query(name: string, text: string, values: unknown[]): Promise<EventRow[]> {
    const { rows } = await this.#pool.query<(string | null)[]>(textRows(`touchline-${name}`, text, values));
    return rows;
  }
}

const isOutOfRoom = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === '23514' && error.message.startsWith('no partition');

const mayPass = (error: unknown): boolean => isOutOfRoom(error) || isTransient(error);
