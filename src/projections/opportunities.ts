import { isDeepStrictEqual } from 'node:util';
import type { PoolClient } from 'pg';
import type { RecordedEvent } from '../domain/events.js';
import type { Contact } from '../domain/committee.js';
import { OpportunityHistory, type ReportedState, type Window } from '../domain/opportunity-history.js';
import { loadHistories, writeEvents } from './opportunities/history.js';
import { contactRow, idOf, opportunityRow, stageRow } from './opportunities/rows.js';
import type { ContactRow, Identified, OpportunityRow, StageRow, Unversioned } from './opportunities/rows.js';
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
      const history = histories.get(key) ?? new OpportunityHistory([]);
      histories.set(key, history);
      versions.apply(event, history);
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
const opportunityKey = (row: Identified): string => keyOf(row.workspace, row.opportunity_id);
const contactKey = (row: Identified & Pick<ContactRow, 'contact'>): string =>
  keyOf(row.workspace, row.opportunity_id, row.contact);
const stageKey = (row: Identified & Pick<StageRow, 'event_id'>): string =>
  keyOf(row.workspace, row.opportunity_id, row.event_id);

/** The current rows of the opportunities of a batch while its events pass over them. */
class Versions {
  private constructor(
    private readonly opportunities: CurrentVersions<OpportunityRow>,
    private readonly contacts: CurrentVersions<ContactRow>,
    private readonly stages: CurrentVersions<StageRow>,
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
      new CurrentVersions(
        contactKey,
        await currentRows<ContactRow>(tx, 'touchline.opportunity_contact', events),
      ),
      new CurrentVersions(stageKey, await currentRows<StageRow>(tx, 'touchline.opportunity_stage', events)),
    );
  }

  /** @throws PoisonedEvent when the opportunity was never opened */
  apply(event: RecordedEvent<(typeof HANDLES)[number]>, history: OpportunityHistory): void {
    const of = { workspace: event.workspace, opportunity_id: event.data.opportunityId };
    const position = String(event.position);
    const before = history.state;
    const window = history.insert(event);
    const { state } = history;
    if (!state.opening && event.type !== 'OpportunityDeleted') throw neverOpened(event);
    this.putContacts(of, membersOf(before), membersOf(state), position);
    const all = isThere(before) === isThere(state) ? window : { from: 0, to: history.length };
    this.putStages(of, history, all, position);
    if (!isThere(state)) this.opportunities.end(opportunityKey(of), position);
    else if (event.type !== 'ContactRoleAssigned' || !this.opportunities.get(opportunityKey(of)))
      this.opportunities.add({ ...opportunityRow(of, history), known_from: position, superseded_at: null });
  }

  async write(tx: PoolClient): Promise<void> {
    await writeVersions(tx, 'touchline.opportunity', ['opportunity_id'], this.opportunities);
    await writeVersions(tx, 'touchline.opportunity_contact', ['opportunity_id', 'contact'], this.contacts);
    await writeVersions(tx, 'touchline.opportunity_stage', ['opportunity_id', 'event_id'], this.stages);
    await writeContactKeys(tx, this.contacts.added);
    await writeHorizon(tx, this.opportunities.added);
  }

  /** Only contacts that are not the same objects in both committees can differ. */
  private putContacts(
    of: Identified,
    before: readonly Contact[],
    after: readonly Contact[],
    position: string,
  ): void {
    if (before === after) return;
    const [known, staying] = [new Set(before), new Set(after)];
    const changed = after
      .filter((contact) => !known.has(contact))
      .flatMap((each) => contactRow(of, each) ?? []);
    const keys = new Set(changed.map(contactKey));
    for (const contact of before) {
      const row = staying.has(contact) ? undefined : contactRow(of, contact);
      if (row && !keys.has(contactKey(row))) this.contacts.end(contactKey(row), position);
    }
    for (const row of changed) putVersion(this.contacts, contactKey, row, position);
  }

  private putStages(of: Identified, history: OpportunityHistory, window: Window, position: string): void {
    for (const [event, entry] of history.stageEntries(window)) {
      if (entry && isThere(history.state)) putVersion(this.stages, stageKey, stageRow(of, entry), position);
      else this.stages.end(stageKey({ ...of, event_id: idOf(event) }), position);
    }
  }
}

const isThere = ({ opening, deleted }: ReportedState): boolean => opening !== undefined && !deleted;
const NOBODY: readonly Contact[] = [];
const membersOf = (state: ReportedState): readonly Contact[] => (isThere(state) ? state.contacts : NOBODY);

/** A row that differs from the current one, positions apart, becomes a new version. */
function putVersion<Row extends Version>(
  versions: CurrentVersions<Row>,
  keyOf: (row: Unversioned<Row>) => string,
  row: Unversioned<Row>,
  position: string,
): void {
  const version = { ...row, known_from: position, superseded_at: null } as unknown as Row;
  const before = versions.get(keyOf(row));
  if (!before || !isSame(before, version)) versions.add(version);
}

/** Apart from the positions. */
function isSame<Row extends Version>(a: Row, b: Row): boolean {
  return isDeepStrictEqual(
    { ...a, known_from: '', superseded_at: null },
    { ...b, known_from: '', superseded_at: null },
  );
}
