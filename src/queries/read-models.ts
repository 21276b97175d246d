import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { withTransaction } from '../database/client.js';
import { DATABASE } from '../database/database.js';
import { hasTimedOut, isOutage } from '../database/outage.js';
import { EVENT_STORE, type EventStore, StoreUnavailable } from '../event-store/event-store.js';
import { Problem } from '../http/problem.js';
import { type AppliedModel, appliedModels } from './applied-models.js';
import type { EntityTag } from './entity-tag.js';
import { FRESHNESS, type Freshness } from './freshness.js';
import { QuerySlots } from './query-slots.js';
import { JourneyModels, type ModelEvent } from './journey-models.js';
import { LogDates } from './log-dates.js';
import type { DayOrInstant } from './params.js';
import { hasFreeConnection, onSnapshotOf } from './shared-snapshot.js';

/** The position that a query is about. */
export interface ReadRequest {
  readonly workspace: string;
  /** Undefined: as far as the projections are. A date: the last position that was recorded by then. */
  readonly asOf: bigint | DayOrInstant | undefined;
  /** Answer only once the projections have seen this position. */
  readonly minPosition: bigint | undefined;
  /** Says whether the client has the answer of a position. */
  readonly tag?: EntityTag | undefined;
}

/** A request whose position is known. */
type PositionRequest = ReadRequest & { readonly asOf: bigint | undefined };

/** The read models at one position of the log, inside one transaction. */
export interface View {
  readonly tx: pg.PoolClient;
  readonly workspace: string;
  readonly asOf: bigint;
  /** `recordedAt` of the event at `asOf`: what decays, decays to here. The clock on the wall plays no part. */
  readonly at: Date;
  /** Undefined while none is published. */
  readonly model: ModelEvent | undefined;
  /** 0 while none is published. */
  readonly modelVersion: number;
  /** With which models leads are computed: several while one that was published reaches leads slice by slice. */
  readonly applied: readonly AppliedModel[];
  /** Days in which points lose half their worth, by the latest model. */
  readonly halfLifeDays: number;
  /** The projection is exactly at `asOf`, so its current rows are the result. */
  isCurrent(projection: string): Promise<boolean>;
  /** Runs work on a second connection that sees the same rows; undefined: none is free. See `runAtOnce`. */
  beside<T>(work: (own: ViewConnection) => Promise<T>): Promise<T> | undefined;
  /** The event at a position of the log; null: there is none. */
  eventIdAt(position: bigint): Promise<string | null>;
  /** The journey models published up to `asOf`, oldest first. */
  modelVersions(): Promise<readonly ModelEvent[]>;
}

/** The part of a view that belongs to its connection. */
type ViewConnection = Pick<View, 'tx' | 'isCurrent' | 'beside'>;

const WAIT_MS = 10_000;
/** A repeatable read sees checkpoint and rows of one moment. Compiling a plan (jit) costs more than it saves here. */
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off; SET LOCAL statement_timeout = '60s'`;

/** Opens the read models at a position. */
@Injectable()
export class ReadModels {
  private readonly gate: QuerySlots;
  /** Of exports, which last as long as their readers take. */
  private readonly exports: QuerySlots;
  private readonly recorded = new LRUCache<bigint, Date>({ max: 1_000 });
  private headSeen = 0n;

  constructor(
    @Inject(DATABASE) private readonly pool: pg.Pool,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(FRESHNESS) private readonly freshness: Freshness,
    @Inject(JourneyModels) private readonly models: JourneyModels,
    @Inject(LogDates) private readonly dates: LogDates,
  ) {
    // Half of the pool stays free for commands and for what a question reads besides its own transaction.
    const width = Math.max(1, Math.floor(pool.options.max / 2));
    const share = Math.max(1, Math.ceil(width / 2));
    this.gate = new QuerySlots({ width, share, queue: 200, waitMs: WAIT_MS });
    const exported = Math.max(1, Math.floor(width / 2));
    this.exports = new QuerySlots({ width: exported, share: 1, queue: 20, waitMs: WAIT_MS });
  }

  /**
   * Runs a question on the read models of `projections` at one position.
   *
   * @throws Problem 400 when `asOf` or `minPosition` lies in the future; 503 when the projections do not get there in
   * time. NotModified the client has the answer of the position.
   */
  view<T>(
    asked: ReadRequest,
    projections: readonly string[],
    answer: (view: View) => Promise<T>,
  ): Promise<T> {
    return this.viewIn(this.gate, asked, projections, answer);
  }

  /**
   * The same for an answer that is sent while it is read. Such answers have few slots of their own, one a workspace, so that slow
   * readers keep no other query waiting. @throws as view
   */
  stream(
    asked: ReadRequest,
    projections: readonly string[],
    send: (view: View) => Promise<void>,
  ): Promise<void> {
    return this.viewIn(this.exports, asked, projections, send);
  }

  private async viewIn<T>(
    slots: QuerySlots,
    asked: ReadRequest,
    projections: readonly string[],
    answer: (view: View) => Promise<T>,
  ): Promise<T> {
    const request = await this.withPosition(asked);
    await this.refuseFuture(request);
    await this.waitUntil(request, projections);
    return slots.run(request.workspace, () =>
      this.snapshot(async (tx) => {
        const view = await this.open(tx, request, projections);
        request.tag?.check(view.asOf);
        return answer(view);
      }),
    );
  }

  /** The position that a question about the log itself is answered at. */
  async position(asked: ReadRequest): Promise<bigint> {
    const request = await this.withPosition(asked);
    await this.refuseFuture(request);
    return request.asOf ?? this.store.head();
  }

  private async withPosition(request: ReadRequest): Promise<PositionRequest> {
    const { asOf, workspace } = request;
    return {
      ...request,
      asOf: typeof asOf === 'object' ? await this.dates.positionAt(workspace, asOf) : asOf,
    };
  }

  private async open(
    tx: pg.PoolClient,
    request: PositionRequest,
    projections: readonly string[],
  ): Promise<View> {
    const checkpoint = await this.freshness.checkpoint(tx, projections);
    const asOf = request.asOf ?? checkpoint;
    if (asOf > checkpoint) throw projectionsBehind(asOf);
    return this.viewAt(tx, request.workspace, asOf, projections);
  }

  /** The same read models at an earlier position, inside the transaction of a view. */
  earlier({ tx, workspace }: View, asOf: bigint, projections: readonly string[]): Promise<View> {
    return this.viewAt(tx, workspace, asOf, projections);
  }

  private async viewAt(
    tx: pg.PoolClient,
    workspace: string,
    asOf: bigint,
    projections: readonly string[],
  ): Promise<View> {
    const [at, model] = await Promise.all([this.recordedAt(asOf), this.models.at(workspace, asOf)]);
    const halfLifeDays = model?.data.document.scoring.halfLifeDays ?? 1;
    const eventIdAt = async (position: bigint): Promise<string | null> => {
      const event = await this.store.readAt(position);
      return event?.position === position && event.workspace === workspace ? event.id : null;
    };
    const modelVersions = (): Promise<readonly ModelEvent[]> => this.models.upTo(workspace, asOf);
    const modelVersion = model?.version ?? 0;
    const applied = projections.includes('journey') ? await appliedModels(tx, workspace, asOf) : [];
    const own = this.connection(tx, asOf);
    return { ...own, workspace, asOf, at, model, modelVersion, applied, halfLifeDays, eventIdAt, modelVersions }; // prettier-ignore
  }

  private connection(tx: pg.PoolClient, asOf: bigint): ViewConnection {
    return {
      tx,
      isCurrent: async (projection) => (await this.freshness.checkpoint(tx, [projection])) === asOf,
      beside: (work) =>
        hasFreeConnection(this.pool)
          ? onSnapshotOf(tx, this.pool, BEGIN, (second) =>
              work({ ...this.connection(second, asOf), beside: () => undefined }),
            )
          : undefined,
    };
  }

  private async refuseFuture({ asOf = 0n, minPosition = 0n }: PositionRequest): Promise<void> {
    if (asOf <= this.headSeen && minPosition <= this.headSeen) return;
    this.headSeen = await this.store.head();
    if (asOf > this.headSeen) throw futurePosition('asOf', asOf, this.headSeen);
    if (minPosition > this.headSeen) throw futurePosition('minPosition', minPosition, this.headSeen);
  }

  private async waitUntil(
    { asOf = 0n, minPosition = 0n }: PositionRequest,
    projections: readonly string[],
  ): Promise<void> {
    const wanted = asOf > minPosition ? asOf : minPosition;
    if (wanted > 0n && !(await this.freshness.waitFor(projections, wanted, WAIT_MS)))
      throw projectionsBehind(wanted);
  }

  private async recordedAt(position: bigint): Promise<Date> {
    const known = this.recorded.get(position);
    if (known) return known;
    const at = (await this.store.readAt(position))?.recordedAt ?? new Date(0);
    this.recorded.set(position, at);
    return at;
  }

  private async snapshot<T>(work: (tx: pg.PoolClient) => Promise<T>): Promise<T> {
    try {
      return await withTransaction(this.pool, work, BEGIN);
    } catch (error) {
      throw runQuery(error);
    }
  }
}

function futurePosition(name: string, position: bigint, head: bigint): Problem {
  const code = name === 'asOf' ? 'as-of-in-the-future' : 'min-position-in-the-future';
  const message = `${position} is in the future: the log is at ${head}; give a position from 0 to ${head}`;
  return new Problem(400, code, `${name}: ${message}`, [{ path: name, message }]);
}

function projectionsBehind(position: bigint): Problem {
  const detail = `The read models have not reached position ${position} yet; try again (GET /api/projections shows where they are)`;
  return new Problem(503, 'projections-behind', detail, [], { 'retry-after': '1' });
}

/** Answers what a client can correct or retry; everything else stays an error of ours. */
function runQuery(error: unknown): unknown {
  if (hasTimedOut(error)) return tooLarge();
  return isOutage(error) ? new StoreUnavailable('The database does not answer', 2, { cause: error }) : error;
}

export function tooLarge(): Problem {
  const detail = 'This took over a minute: narrow it down (from, to, filters)';
  return new Problem(503, 'question-too-large', detail, [], { 'retry-after': '60' });
}
