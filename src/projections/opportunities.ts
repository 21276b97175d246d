import { isDeepStrictEqual } from 'node:util';
import type { PoolClient } from 'pg';
import type { RecordedEvent } from '../domain/events.js';
import { opportunity, stageEntriesOf, type Opportunity } from '../domain/opportunity.js';
import { loadHistories, writeEvents } from './opportunities/history.js';
import {
  contactRows,
  opportunityRow,
  stageRows,
  type ContactRow,
  type OpportunityRow,
  type StageRow,
} from './opportunities/rows.js';
import { currentRows, writeContactKeys, writeHorizon, writeVersions } from './opportunities/write.js';
import { PoisonedEvent, type Projection } from '../subscriptions/subscription.js';
import { CurrentVersions, type Version } from './versions.js';

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
  version: 3,
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
    const events = batch as readonly RecordedEvent<(typeof HANDLES)[number]>[];
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
    await writeEvents(tx, events);
    await versions.write(tx);
  },
};

const neverOpened = (event: RecordedEvent<(typeof HANDLES)[number]>): PoisonedEvent =>
  new PoisonedEvent(event, [`opportunity:${event.data.opportunityId}`], {
    cause: 'the opportunity was never opened',
  });

const keyOf = (...parts: readonly string[]): string => parts.join('\0');
type Identified = Pick<OpportunityRow, 'workspace' | 'opportunity_id'>;
const opportunityKey = (row: Identified): string => keyOf(row.workspace, row.opportunity_id);

/** The current rows of the opportunities of a batch while its events pass over them. */
class Versions {
  private constructor(
    private readonly opportunities: CurrentVersions<OpportunityRow>,
    private readonly contacts: Members<ContactRow>,
    private readonly stages: Members<StageRow>,
  ) {}

  static async load(
    tx: PoolClient,
    events: readonly RecordedEvent<(typeof HANDLES)[number]>[],
  ): Promise<Versions> {
    return new Versions(
      new CurrentVersions(
        opportunityKey,
        await currentRows<OpportunityRow>(tx, 'touchline.opportunity', events),
      ),
      new Members(
        ({ contact }) => contact,
        await currentRows<ContactRow>(tx, 'touchline.opportunity_contact', events),
      ),
      new Members(
        ({ event_id }) => event_id,
        await currentRows<StageRow>(tx, 'touchline.opportunity_stage', events),
      ),
    );
  }

  /** From an event on the opportunity stands so. */
  put(event: RecordedEvent<(typeof HANDLES)[number]>, state: Opportunity): void {
    const of = { workspace: event.workspace, opportunity_id: event.data.opportunityId };
    const position = String(event.position);
    const isThere = state.opening !== undefined && !state.deleted;
    this.contacts.put(of, isThere ? contactRows(of, state) : [], position);
    this.stages.put(of, isThere ? stageRows(of, stageEntriesOf(state)) : [], position);
    if (!isThere) this.opportunities.end(opportunityKey(of), position);
    else if (event.type !== 'ContactRoleAssigned' || !this.opportunities.get(opportunityKey(of)))
      this.opportunities.add({ ...opportunityRow(of, state), known_from: position, superseded_at: null });
  }

  async write(tx: PoolClient): Promise<void> {
    await writeVersions(tx, 'touchline.opportunity', ['opportunity_id'], this.opportunities);
    await writeVersions(
      tx,
      'touchline.opportunity_contact',
      ['opportunity_id', 'contact'],
      this.contacts.versions,
    );
    await writeVersions(
      tx,
      'touchline.opportunity_stage',
      ['opportunity_id', 'event_id'],
      this.stages.versions,
    );
    await writeContactKeys(tx, this.contacts.versions.added);
    await writeHorizon(tx, this.opportunities.added);
  }
}

/** Rows of which an opportunity has several; only what differs becomes a new version. */
class Members<Row extends Version & Identified> {
  readonly versions: CurrentVersions<Row>;
  /** Keys of the current rows of each opportunity. */
  private readonly keys: Map<string, Set<string>>;

  constructor(
    private readonly nameOf: (row: Row) => string,
    stored: readonly Row[],
  ) {
    this.versions = new CurrentVersions((row) => this.keyOf(row), stored);
    const groups = Map.groupBy(stored, opportunityKey);
    this.keys = new Map([...groups].map(([key, rows]) => [key, new Set(rows.map((row) => this.keyOf(row)))]));
  }

  put(of: Identified, rows: readonly Omit<Row, keyof Version>[], position: string): void {
    const versions = rows.map(
      (row) => ({ ...row, known_from: position, superseded_at: null }) as unknown as Row,
    );
    const keys = new Set(versions.map((row) => this.keyOf(row)));
    for (const key of this.keys.get(opportunityKey(of)) ?? [])
      if (!keys.has(key)) this.versions.end(key, position);
    for (const row of versions) {
      const before = this.versions.get(this.keyOf(row));
      if (!before || !isSame(before, row)) this.versions.add(row);
    }
    this.keys.set(opportunityKey(of), keys);
  }

  private keyOf(row: Row): string {
    return keyOf(row.workspace, row.opportunity_id, this.nameOf(row));
  }
}

/** Apart from the positions. */
function isSame<Row extends Version>(a: Row, b: Row): boolean {
  return isDeepStrictEqual(
    { ...a, known_from: '', superseded_at: null },
    { ...b, known_from: '', superseded_at: null },
  );
}
