import { isDeepStrictEqual } from 'node:util';
import type { PoolClient } from 'pg';
import type { Position, RecordedEvent } from '../domain/events.js';
import { opportunity, stageEntriesOf, type Opportunity } from '../domain/opportunity.js';
import { runStatements, type Statement } from '../read-models/statements.js';
import {
  startingAt,
  type Version,
  VersionWriter,
  type WritableVersions,
} from '../read-models/versioned-table.js';
import { currentRows, loadHistories } from './opportunities/load.js';
import {
  contactRows,
  OPPORTUNITY,
  OPPORTUNITY_CONTACT,
  OPPORTUNITY_STAGE,
  opportunityRow,
  stageRows,
  type ContactRow,
  type OpportunityKey,
  type OpportunityRow,
  type StageRow,
} from './opportunities/rows.js';
import { writeContactKeys, writeEvents, writeHorizon } from './opportunities/write.js';
import { PoisonedEvent, type Projection } from './projection.js';

const HANDLES = [
  'OpportunityOpened',
  'OpportunityChanged',
  'ContactRoleAssigned',
  'OpportunityWon',
  'OpportunityLost',
  'OpportunityReopened',
  'OpportunityDeleted',
] as const;

/**
 * Opportunities with their committees and sales stages, every version of them. A version is the state after all events
 * known then, in the order in which they happened: so the current rows do not depend on the order of arrival.
 */
export const opportunities: Projection = {
  name: 'opportunities',
  version: 4,
  handles: HANDLES,
  after: [],
  tables: [
    'touchline.opportunity',
    'touchline.opportunity_contact',
    'touchline.opportunity_contact_key',
    'touchline.opportunity_horizon',
    'touchline.opportunity_event',
    'touchline.opportunity_stage',
  ],
  async apply(batch, tx) {
    const events = batch as readonly OpportunityRecorded[];
    if (events.length === 0) return;
    const histories = await loadHistories(tx, events);
    const versions = await Versions.load(tx, events);
    for (const event of events) {
      const key = keyOf(event.workspace, event.data.opportunityId);
      const state = opportunity.evolve(histories.get(key) ?? opportunity.initial, event);
      if (!state.opening && event.type !== 'OpportunityDeleted') throw neverOpened(event);
      histories.set(key, state);
      versions.put(event, state);
    }
    await runStatements(tx, [...writeEvents(events), ...versions.flush()]);
  },
};

type OpportunityRecorded = RecordedEvent<(typeof HANDLES)[number]>;

const neverOpened = (event: OpportunityRecorded): PoisonedEvent =>
  new PoisonedEvent(event, [`opportunity:${event.data.opportunityId}`], {
    cause: 'the opportunity was never opened',
  });

const keyOf = (...parts: readonly string[]): string => parts.join('\0');
const opportunityKey = (row: OpportunityKey): string => keyOf(row.workspace, row.opportunityId);

/** The current rows of the opportunities of a batch while its events pass over them. */
class Versions {
  private constructor(
    private readonly opportunities: Members<OpportunityRow>,
    private readonly contacts: Members<ContactRow>,
    private readonly stages: Members<StageRow>,
  ) {}

  static async load(tx: PoolClient, events: readonly OpportunityRecorded[]): Promise<Versions> {
    const opportunities = await currentRows(tx, OPPORTUNITY, events);
    const contacts = await currentRows(tx, OPPORTUNITY_CONTACT, events);
    const stages = await currentRows(tx, OPPORTUNITY_STAGE, events);
    return new Versions(
      new Members<OpportunityRow>(OPPORTUNITY, () => '', opportunities),
      new Members<ContactRow>(OPPORTUNITY_CONTACT, ({ contact }) => contact, contacts),
      new Members<StageRow>(OPPORTUNITY_STAGE, ({ eventId }) => eventId, stages),
    );
  }

  /** From an event on the opportunity stands so. */
  put(event: OpportunityRecorded, state: Opportunity): void {
    const of = { workspace: event.workspace, opportunityId: event.data.opportunityId };
    const { position } = event;
    const isThere = state.opening !== undefined && !state.deleted;
    this.contacts.put(of, isThere ? contactRows(of, state) : [], position);
    this.stages.put(of, isThere ? stageRows(of, stageEntriesOf(state)) : [], position);
    this.opportunities.put(of, isThere ? [opportunityRow(of, state)] : [], position);
  }

  flush(): readonly Statement[] {
    return [
      ...writeContactKeys(this.contacts.added),
      ...writeHorizon(this.opportunities.added),
      ...[this.opportunities, this.contacts, this.stages].flatMap(({ writer }) => writer.flush(false)),
    ];
  }
}

/** Rows of which an opportunity has several; only what differs becomes a new version. */
class Members<R extends Version & OpportunityKey> {
  readonly added: R[] = [];
  readonly writer: VersionWriter<R>;
  /** The current rows of each opportunity, by name. */
  private readonly current: Map<string, Map<string, R>>;

  constructor(
    table: WritableVersions<R>,
    private readonly nameOf: (row: Omit<R, keyof Version>) => string,
    stored: readonly R[],
  ) {
    this.writer = new VersionWriter(table);
    this.current = new Map(
      [...Map.groupBy(stored, opportunityKey)].map(([key, rows]) => [
        key,
        new Map(rows.map((row) => [nameOf(row), row])),
      ]),
    );
  }

  put(of: OpportunityKey, rows: readonly Omit<R, keyof Version>[], position: Position): void {
    const key = opportunityKey(of);
    const before = this.current.get(key) ?? new Map<string, R>();
    const after = new Map(rows.map((row) => [this.nameOf(row), { ...row, ...startingAt(position) } as R]));
    for (const [name, row] of before) {
      const next = after.get(name);
      if (next && isSame(row, next)) after.set(name, row);
      else this.writer.end(row, position);
    }
    for (const [name, row] of after) {
      if (before.get(name) === row) continue;
      this.writer.put(row);
      this.added.push(row);
    }
    this.current.set(key, after);
  }
}

/** Apart from the positions. */
const isSame = <R extends Version>(a: R, b: R): boolean =>
  isDeepStrictEqual({ ...a, ...startingAt(0n) }, { ...b, ...startingAt(0n) });
