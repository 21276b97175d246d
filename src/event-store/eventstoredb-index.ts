import type { Pool } from 'pg';
import { withTransaction } from '../database/client.js';
import type { Position } from '../domain/events.js';
import type { Progress, TokenClaim } from './event-store.js';
import { appendFresh, readOn } from './eventstoredb-append.js';
import { streamKey, type BatchStream, type FreshEvent, idOf, type LogBatch } from './eventstoredb-batch.js';
import type { EventStoreDbClient } from './eventstoredb-client/client.js';
import type { ServerEvent } from './eventstoredb-client/types.js';
import { EventStoreDbAway, LogDiffers } from './eventstoredb-faults.js';
import type { StreamNames } from './eventstoredb-events.js';
import { LoggedEvents } from './logged-events.js';
import { PROGRESS, progressOf } from './progress.js';
import { textRows, type EventRow } from './recorded.js';
import { TokenClaims } from './token-claims.js';

/** Above the deadline of the server: a process frozen in its transaction must not hold its streams for ever. */
const FROZEN_MS = 10_000;
const PAGE = 1_000;
/** The batches before the last one known may have been written by processes that died before they said so. */
const BATCHES_AGAIN = 16;

const RECORD_BEFORE = `SELECT max(position) FROM touchline.logged_position WHERE position <= $1`;
const CAUGHT_UP_TO = `SELECT min(position) FROM (SELECT position FROM touchline.logged_position
  ORDER BY position DESC LIMIT ${BATCHES_AGAIN}) latest`;

/**
 * What the log is known to hold. The log is the truth: an append at a version that the log is beyond reads on from there
 * first. So the index may lag, after a crash or from a backup, and may be emptied.
 */
export class LogIndex {
  readonly #tokens: TokenClaims;

  constructor(
    private readonly pool: Pool,
    private readonly client: EventStoreDbClient,
    private readonly names: StreamNames,
  ) {
    this.#tokens = new TokenClaims(pool);
  }

  /** @throws TokenUsed */
  claim(claim: TokenClaim): Promise<void> {
    return this.#tokens.claim(claim);
  }

  /**
   * One transaction: what is fresh is claimed, appended, and known when it commits.
   *
   * @returns whether every append has its result; else the log turned out to hold more, or others had claims: try again
   * @throws EventStoreDbAway, LogDiffers, TypeError
   */
  append(batch: LogBatch, moves: readonly Progress[], reached: Position): Promise<boolean> {
    return this.#transaction(async (events) => {
      const fresh = batch.streams.length > 0 ? await this.#decide(events, batch) : [];
      const asked = performance.now();
      if (fresh.length > 0 && !(await events.claim(fresh))) return 'roll back';
      // Who was frozen meanwhile has lost its claims, and does not know.
      if (performance.now() - asked > FROZEN_MS) throw new EventStoreDbAway('this process stood still');
      const refused = fresh.length > 0 ? await appendFresh(this.client, fresh, reached) : [];
      if (fresh.length > 0) await this.#keep(events, fresh, refused);
      batch.settle(new Set(refused.map(({ stream }) => stream)));
      if (batch.settled && moves.length > 0) await events.move(moves);
      return 'commit';
    }).then((committed) => committed && batch.settled);
  }

  async progressOf(source: string): Promise<Progress | undefined> {
    return progressOf(source, (await this.#rows('progress', PROGRESS, [source]))[0]);
  }

  /** The last position at or before this one at which a record is known to begin. */
  async recordBefore(position: Position): Promise<Position | undefined> {
    const [row] = await this.#rows('record-before', RECORD_BEFORE, [position]);
    return row?.[0] == null ? undefined : BigInt(row[0]);
  }

  /** Reads the end of the log, all of it when the index is empty, and takes in what is not known. */
  async catchUp(): Promise<void> {
    const [row] = await this.#rows('caught-up-to', CAUGHT_UP_TO, []);
    const filter = { streamPrefix: this.names.prefix };
    for (let from = row?.[0] == null ? ('start' as const) : BigInt(row[0]); ;) {
      const page = await this.client.readAll({ from, limit: PAGE, filter });
      if (page.length > 0) await this.#transaction((events) => this.#take(events, page));
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      from = last.position;
    }
  }

  async #decide(events: LoggedEvents, batch: LogBatch): Promise<FreshEvent[]> {
    const versions = await events.lock(batch.streams.map(({ key }) => key));
    for (const stream of batch.streams) stream.version = versions.get(stream.key) ?? 0;
    const decide = async (): Promise<FreshEvent[]> => {
      const known = await events.known(batch.ids);
      return batch.decide(new Map(known.map((event) => [idOf(event.workspace, event.id), event])));
    };
    const fresh = await decide();
    if (batch.doubted.length === 0) return fresh;
    for (const stream of batch.doubted)
      stream.version = await this.#catchUpStream(events, stream, stream.version);
    await events.setVersions(new Map(batch.streams.map(({ key, version }) => [key, version])));
    return decide();
  }

  async #keep(
    events: LoggedEvents,
    fresh: readonly FreshEvent[],
    refused: readonly FreshEvent[],
  ): Promise<void> {
    const placed = fresh.flatMap((event) =>
      event.position === undefined ? [] : [{ ...event, position: event.position }],
    );
    const versions = new Map<string, number>();
    for (const { stream, version } of placed)
      versions.set(stream.key, Math.max(version, versions.get(stream.key) ?? 0));
    await events.place(placed);
    if (refused.length > 0) await events.unclaim(refused);
    for (const stream of new Set(refused.map((event) => event.stream)))
      versions.set(stream.key, await this.#catchUpStream(events, stream, versions.get(stream.key)));
    await events.setVersions(versions);
  }

  /**
   * @param appended the log holds the stream at least up to this version
   * @returns the version that the stream is at in the log
   */
  async #catchUpStream(events: LoggedEvents, stream: BatchStream, appended?: number): Promise<number> {
    const version = appended ?? stream.version;
    const found = await readOn(this.client, stream.name, version);
    if (found.length === 0 && appended === undefined)
      throw new LogDiffers(
        `stream ${stream.name} ends before version ${version}, which the index of the log says was appended: ` +
          'EventStoreDB was restored from an older backup than PostgreSQL (docs/event-store.md)',
      );
    await events.add(this.#logged(found));
    return version + found.length;
  }

  async #take(events: LoggedEvents, page: readonly ServerEvent[]): Promise<'commit'> {
    const streams = [...Map.groupBy(page, ({ stream }) => stream)]
      .flatMap(([name, own]) => {
        const parts = this.names.partsOf(name);
        return parts ? [{ name, key: streamKey(parts.workspace, parts.stream), own }] : [];
      })
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    const versions = await events.lock(streams.map(({ key }) => key));
    const found: ServerEvent[] = [];
    for (const { name, key, own } of streams) {
      const version = versions.get(key) ?? 0;
      const isNext = (own[0]?.revision ?? 0) <= version;
      const more = isNext
        ? own.filter(({ revision }) => revision >= version)
        : await readOn(this.client, name, version);
      found.push(...more);
      versions.set(key, version + more.length);
    }
    await events.add(this.#logged(found));
    await events.setVersions(versions);
    return 'commit';
  }

  #logged(found: readonly ServerEvent[]) {
    return found.flatMap(({ stream, id, revision, position }) => {
      const workspace = this.names.partsOf(stream)?.workspace;
      return workspace === undefined ? [] : [{ workspace, id, version: revision + 1, position }];
    });
  }

  async #transaction(work: (events: LoggedEvents) => Promise<'commit' | 'roll back'>): Promise<boolean> {
    const frozen = this.client.deadlineMs * 2 + FROZEN_MS;
    const begin = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${frozen}`;
    return withTransaction(
      this.pool,
      async (tx) => {
        const end = await work(new LoggedEvents(tx));
        if (end === 'roll back') await tx.query('ROLLBACK');
        return end === 'commit';
      },
      begin,
    );
  }

  async #rows(name: string, text: string, values: unknown[]): Promise<EventRow[]> {
    return (await this.pool.query<(string | null)[]>(textRows(`touchline-${name}`, text, values))).rows;
  }
}
