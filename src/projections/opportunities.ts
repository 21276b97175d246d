import type { PoolClient } from 'pg';
import type { Position, RecordedEvent } from '../domain/events.js';
import type { Contact } from '../domain/committee.js';
import { OpportunityHistory, type ReportedState, type EventRange } from '../domain/opportunity-history.js';
import { CurrentVersions } from '../read-models/current-versions.js';
import { runStatements, type Statement } from '../read-models/statements.js';
import { currentRows, loadHistories } from './opportunities/load.js';
import {
  contactRow,
  idOf,
  OPPORTUNITY,
  OPPORTUNITY_CONTACT,
  OPPORTUNITY_STAGE,
  opportunityRow,
  stageRow,
  type ContactRow,
  type OpportunityKey,
  type OpportunityRow,
  type StageRow,
} from './opportunities/rows.js';
import { writeContactKeys, writeEvents, writeHorizon } from './opportunities/write.js';
import { PoisonedEvent, type Projection } from '../subscriptions/subscription.js';

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
    'opportunity',
    'opportunity_contact',
    'opportunity_contact_key',
    'opportunity_horizon',
    'opportunity_event',
    'opportunity_stage',
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
    await runStatements(tx, [...writeEvents(events), ...versions.flush()]);
  },
};

const neverOpened = (event: RecordedEvent<(typeof HANDLES)[number]>): PoisonedEvent =>
  new PoisonedEvent(event, [`opportunity:${event.data.opportunityId}`], {
    cause: 'the opportunity was never opened',
  });

const keyOf = (...parts: readonly string[]): string => parts.join('\0');
const opportunityKey = (row: OpportunityKey): string => keyOf(row.workspace, row.opportunityId);
const contactKey = (row: OpportunityKey & Pick<ContactRow, 'contact'>): string =>
  keyOf(row.workspace, row.opportunityId, row.contact);
const stageKey = (row: OpportunityKey & Pick<StageRow, 'eventId'>): string =>
  keyOf(row.workspace, row.opportunityId, row.eventId);

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
    const opportunities = await currentRows(tx, OPPORTUNITY, events);
    const contacts = await currentRows(tx, OPPORTUNITY_CONTACT, events);
    const stages = await currentRows(tx, OPPORTUNITY_STAGE, events);
    return new Versions(
      new CurrentVersions<OpportunityRow>(OPPORTUNITY, opportunityKey, opportunities),
      new CurrentVersions<ContactRow>(OPPORTUNITY_CONTACT, contactKey, contacts),
      new CurrentVersions<StageRow>(OPPORTUNITY_STAGE, stageKey, stages),
    );
  }

  /** @throws PoisonedEvent when the opportunity was never opened */
  apply(event: RecordedEvent<(typeof HANDLES)[number]>, history: OpportunityHistory): void {
    const of = { workspace: event.workspace, opportunityId: event.data.opportunityId };
    const { position } = event;
    const before = history.state;
    const window = history.insert(event);
    const { state } = history;
    if (!state.opening && event.type !== 'OpportunityDeleted') throw neverOpened(event);
    this.putContacts(of, membersOf(before), membersOf(state), position);
    const all = isThere(before) === isThere(state) ? window : { from: 0, to: history.length };
    this.putStages(of, history, all, position);
    if (!isThere(state)) this.opportunities.end(opportunityKey(of), position);
    else if (event.type !== 'ContactRoleAssigned' || !this.opportunities.has(opportunityKey(of)))
      this.opportunities.put(opportunityRow(of, history), position);
  }

  flush(): readonly Statement[] {
    return [
      ...writeContactKeys(this.contacts.added),
      ...writeHorizon(this.opportunities.added),
      ...[this.opportunities, this.contacts, this.stages].flatMap((versions) => versions.flush()),
    ];
  }

  /** Only contacts that are not the same objects in both committees can differ. */
  private putContacts(
    of: OpportunityKey,
    before: readonly Contact[],
    after: readonly Contact[],
    position: Position,
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
    for (const row of changed) this.contacts.put(row, position);
  }

  private putStages(
    of: OpportunityKey,
    history: OpportunityHistory,
    window: EventRange,
    position: Position,
  ): void {
    for (const [event, entry] of history.stageEntries(window)) {
      if (entry && isThere(history.state)) this.stages.put(stageRow(of, entry), position);
      else this.stages.end(stageKey({ ...of, eventId: idOf(event) }), position);
    }
  }
}

const isThere = ({ opening, deleted }: ReportedState): boolean => opening !== undefined && !deleted;
const NOBODY: readonly Contact[] = [];
const membersOf = (state: ReportedState): readonly Contact[] => (isThere(state) ? state.contacts : NOBODY);
