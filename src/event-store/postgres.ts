import type pg from 'pg';
import { withClient } from '../database/client.js';
import type { EventType, Position, RecordedDecision, RecordedEvent } from '../domain/events.js';
import { appendCall, type AppendCall } from './append-call.js';
import { Coalescer, type CoalescerOptions } from './coalescer.js';
import { appendParameters, appendResults } from './decision-batch.js';
import {
  StoreUnavailable,
  type Append,
  type AppendResult,
  type EventStore,
  type NewFact,
  type Page,
  type Progress,
  type Receipt,
  type Subscription,
  type TokenClaim,
} from './event-store.js';
import { COPIED_COLUMNS, EventCopy } from './event-copy.js';
import type { FactColumns } from './fact-columns.js';
import { FactQueue } from './fact-queue.js';
import { Growth } from './growth.js';
import { isTransient } from './pg-faults.js';
import { elements } from './pg-array.js';
import { furthest, moveParameters, moveProgress, PROGRESS, progressOf } from './progress.js';
import { EVENT_COLUMNS, recordedEvent, textRows, type EventRow } from './recorded.js';
import { subscribe } from './subscription.js';
import { claimParameters, claimTokens, distinct, TokenClaims } from './token-claims.js';

const COLUMNS = EVENT_COLUMNS.join(', ');
const RECORD = `SELECT head, positions FROM touchline.record($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;
const APPEND = `SELECT head, positions, versions, actual
  FROM touchline.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;
const READ_AT = `SELECT ${COLUMNS} FROM touchline.event WHERE position <= $1 ORDER BY position DESC LIMIT 1`;
const READ_ALL = `SELECT ${COLUMNS} FROM touchline.event WHERE position > $1 AND position <= $1::bigint + $2 ORDER BY position`;
const READ_STREAM = `SELECT ${COLUMNS} FROM touchline.event
  WHERE workspace = $1 AND stream = $2 AND version > $3 ORDER BY version LIMIT $4`;
/** One row on the left: what comes from the right keeps its order, and is not sorted again (a fifth of the time). */
const pageOf = (after: Position, limit: number, types: readonly EventType[]): string =>
  `SELECT event.* FROM (SELECT least(head, ${after + BigInt(limit)}) AS up_to FROM touchline.log) page
   CROSS JOIN LATERAL (SELECT ${COPIED_COLUMNS.join(', ')} FROM touchline.event
     WHERE position > ${after} AND position <= page.up_to AND type = ANY ('{${types.join(', ')}}')
     ORDER BY position) event`;
const HEAD = 'SELECT head FROM touchline.log';

const POLL_MS = { shortest: 5, longest: 200 };

/**
 * The log in PostgreSQL (docs/adr/0001, 0002, 0032). Facts of this process that wait at the same time share a transaction, and
 * so do decisions; other processes may append to the same log. Give it `createLogPool`: facts use two connections, decisions
 * one, readers the rest.
 */
export class PostgresEventStore implements EventStore {
  readonly guarantees = { densePositions: true, progressWithAppend: true, factsHaveVersions: false };
  readonly #pool: pg.Pool;
  readonly #facts: FactQueue;
  readonly #decisions: Coalescer<AppendCall<Append>, readonly AppendResult[]>;
  readonly #tokens: TokenClaims;
  readonly #growth: Growth;
  #closed = false;
  #polling = false;

  /**
   * @param pool stays the caller's to end, after `close`
   * @param growth shared with the stores of other threads
   */
  constructor(pool: pg.Pool, options: Partial<CoalescerOptions> = {}, growth = new Growth()) {
    this.#pool = pool;
    this.#growth = growth;
    this.#tokens = new TokenClaims(pool);
    this.#facts = new FactQueue((...batch) => this.#writeFacts(...batch), isTransient, options);
    const inTurn = { ...options, inFlight: 1 };
    this.#decisions = new Coalescer((calls) => this.#writeDecisions(calls), isTransient, inTurn);
  }

  /** Events taken and not yet durable. */
  get waitingEvents(): number {
    return this.#facts.waitingEvents + this.#decisions.waitingEvents;
  }

  async record(
    facts: readonly NewFact[],
    progress?: Progress,
    claim?: TokenClaim,
  ): Promise<readonly Receipt[]> {
    if (claim) this.#tokens.check(claim);
    if (claim) return this.#tokens.outcome(claim, this.#facts.add(facts, progress, claim));
    return facts.length === 0 && !progress ? [] : this.#facts.add(facts, progress);
  }

  async append(batch: readonly Append[]): Promise<readonly AppendResult[]> {
    const call = appendCall(batch);
    return call ? this.#decisions.add(call) : batch.map(() => ({ status: 'appended', receipts: [] }));
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
  ): Promise<readonly RecordedDecision[]> {
    const rows = await this.#read('read-stream', READ_STREAM, [workspace, stream, after, limit]);
    return rows.map(recordedEvent) as RecordedDecision[];
  }

  async readAll(after: Position, limit: number): Promise<readonly RecordedEvent[]> {
    return (await this.#read('read-all', READ_ALL, [after, limit])).map(recordedEvent);
  }

  async readAt(position: Position): Promise<RecordedEvent | undefined> {
    const [row] = await this.#read('read-at', READ_AT, [position]);
    return row && recordedEvent(row);
  }

  async readPage(after: Position, limit: number, types: readonly EventType[]): Promise<Page> {
    const { position: head, events } = await this.#copy(HEAD, pageOf(after, limit, types)).catch(unavailable);
    this.#growth.reach(head);
    const last = after + BigInt(limit);
    const upTo = head < last ? head : last;
    // Appended between the two statements.
    while ((events.at(-1)?.position ?? 0n) > upTo) events.pop();
    return { events, upTo: upTo > after ? upTo : after, full: upTo >= last };
  }

  async head(): Promise<Position> {
    const [row] = await this.#read('head', HEAD, []);
    return this.#reached(row?.[0]);
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
    await Promise.all([this.#facts.close(), this.#decisions.close()]);
    this.#closed = true;
    this.#growth.wakeAll();
  }

  async #writeFacts(columns: FactColumns, progress: readonly Progress[], claims: readonly TokenClaim[]) {
    const { name, text, values } = recordStatement(columns, furthest(progress), distinct(claims));
    const [row = []] = await this.#query(name, text, values);
    const [head, positions] = row;
    return {
      head: this.#reached(head),
      positions: positions == null ? undefined : elements(positions).map(BigInt),
    };
  }

  async #writeDecisions(calls: readonly AppendCall<Append>[]): Promise<readonly (readonly AppendResult[])[]> {
    const appends = calls.flatMap((call) => call.appends);
    const [row = []] = await this.#query('append', APPEND, appendParameters(appends));
    this.#reached(row[0]);
    const results = appendResults(appends, row);
    let next = 0;
    return calls.map((call) => results.slice(next, (next += call.appends.length)));
  }

  #reached(head: string | null | undefined): Position {
    const position = BigInt(head ?? 0);
    this.#growth.reach(position);
    return position;
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
    return this.#query(name, text, values).catch(unavailable);
  }

  #copy(positionQuery: string, eventsQuery: string): Promise<EventCopy> {
    return withClient(
      this.#pool,
      (client) =>
        new Promise<EventCopy>((resolve, reject) => {
          const copy = new EventCopy(positionQuery, eventsQuery, (error) =>
            error ? reject(error) : resolve(copy),
          );
          client.query(copy);
        }),
    );
  }

  async #query(name: string, text: string, values: unknown[]): Promise<EventRow[]> {
    const { rows } = await this.#pool.query<(string | null)[]>(textRows(`touchline-${name}`, text, values));
    return rows;
  }
}

/**
 * With progress and claims, which are written at the end of the statement, so always under the lock of the log's head: nobody
 * waits crosswise.
 */
function recordStatement(columns: FactColumns, moves: readonly Progress[], claims: readonly TokenClaim[]) {
  const values = columns.parameters();
  let name = 'record';
  const parts: string[] = [];
  if (moves.length > 0) {
    name += '-and-move';
    parts.push(`moved AS (${moveProgress(values.length + 1)})`);
    values.push(...moveParameters(moves));
  }
  if (claims.length > 0) {
    name += '-and-claim';
    parts.push(`claimed AS (${claimTokens(values.length + 1)})`);
    values.push(...claimParameters(claims));
  }
  return { name, text: parts.length > 0 ? `WITH ${parts.join(', ')} ${RECORD}` : RECORD, values };
}

/** @throws StoreUnavailable what may pass by itself */
function unavailable(error: unknown): never {
  if (!isTransient(error)) throw error;
  throw new StoreUnavailable('the database of the event log does not answer', 5, { cause: error });
}
