import type { PoolClient } from 'pg';
import type { OpportunityChanged, RecordedEvent } from '../domain/events.js';
import { PoisonedEvent, type Projection } from './projection.js';
import { CurrentVersions, type Version } from './versions.js';

const HANDLES = [
  'OpportunityOpened',
  'OpportunityChanged',
  'ContactRoleAssigned',
  'OpportunityWon',
  'OpportunityLost',
  'OpportunityReopened',
] as const;
type DealEvent = RecordedEvent<(typeof HANDLES)[number]>;

/** Opportunities and their committees, every version of them. The order within each stream is all it needs. */
export const opportunities: Projection = {
  name: 'opportunities',
  version: 2,
  handles: HANDLES,
  after: [],
  tables: [
    'touchline.opportunity',
    'touchline.opportunity_contact',
    'touchline.opportunity_contact_key',
    'touchline.opportunity_horizon',
  ],
  async apply(batch, tx) {
    const events = batch as readonly DealEvent[];
    if (events.length === 0) return;
    const deals = new CurrentVersions(dealKey, await current<Deal>(tx, 'touchline.opportunity', events));
    const seats = new CurrentVersions(
      seatKey,
      await current<Seat>(tx, 'touchline.opportunity_contact', events),
    );
    for (const event of events) {
      if (event.type === 'ContactRoleAssigned') seat(event, seats);
      else deals.add(after(event, deals.get(key(event.workspace, event.data.opportunityId))));
    }
    await write(tx, 'touchline.opportunity', ['opportunity_id'], deals);
    await write(tx, 'touchline.opportunity_contact', ['opportunity_id', 'contact'], seats);
    await writeKeys(tx, seats.added);
    await writeHorizon(tx, deals.added);
  },
};

const parkingKey = ({ opportunityId }: DealEvent['data']) => `opportunity:${opportunityId}` as const;

/** Columns of touchline.opportunity as JSON carries them. */
interface Deal extends Version {
  readonly workspace: string;
  readonly opportunity_id: string;
  readonly name: string | null;
  readonly account_id: string | null;
  readonly amount_minor: number | string;
  readonly currency: string;
  readonly stage: string | null;
  readonly status: 'open' | 'won' | 'lost';
  readonly owner: string | null;
  readonly source: string | null;
  readonly reason: string | null;
  readonly opened_at: Date;
  readonly closed_at: Date | null;
  readonly event_id: string;
  readonly occurred_at: Date;
  readonly version: number;
}

interface Seat extends Version {
  readonly workspace: string;
  readonly opportunity_id: string;
  readonly contact: string;
  readonly keys: readonly string[];
  readonly role: string;
  readonly event_id: string;
  readonly occurred_at: Date;
}

const key = (...parts: readonly string[]): string => parts.join('\0');
const dealKey = ({ workspace, opportunity_id }: Pick<Deal, 'workspace' | 'opportunity_id'>): string =>
  key(workspace, opportunity_id);
const seatKey = (seat: Pick<Seat, 'workspace' | 'opportunity_id' | 'contact'>): string =>
  key(seat.workspace, seat.opportunity_id, seat.contact);

/** The version of a deal that an event makes. */
function after(event: Exclude<DealEvent, { type: 'ContactRoleAssigned' }>, before: Deal | undefined): Deal {
  const { workspace, data, version, occurredAt } = event;
  const made = {
    event_id: event.id,
    occurred_at: occurredAt,
    version,
    known_from: String(event.position),
    superseded_at: null,
  };
  if (event.type === 'OpportunityOpened') {
    const { opportunityId: opportunity_id, amountMinor: amount_minor, currency } = event.data;
    const deal = { workspace, opportunity_id, amount_minor, currency, ...texts(event.data) };
    return {
      ...UNSAID,
      ...deal,
      status: 'open',
      reason: null,
      opened_at: occurredAt,
      closed_at: null,
      ...made,
    };
  }
  if (!before)
    throw new PoisonedEvent(event, [parkingKey(data)], { cause: 'the opportunity was never opened' });
  switch (event.type) {
    case 'OpportunityChanged': {
      const amount_minor = event.data.amountMinor ?? before.amount_minor;
      return { ...before, ...texts(event.data), amount_minor, ...made };
    }
    case 'OpportunityWon': {
      const { amountMinor: amount_minor, reason = null } = event.data;
      return { ...before, status: 'won', amount_minor, reason, closed_at: occurredAt, ...made };
    }
    case 'OpportunityLost':
      return { ...before, status: 'lost', reason: event.data.reason ?? null, closed_at: occurredAt, ...made };
    case 'OpportunityReopened':
      return { ...before, status: 'open', reason: event.data.reason ?? null, closed_at: null, ...made };
  }
}

const UNSAID = { name: null, account_id: null, stage: null, owner: null, source: null };

/** The plain texts that an event says, under the names of their columns. */
function texts(data: OpportunityChanged): Partial<Record<keyof typeof UNSAID, string>> {
  const { name, accountId: account_id, stage, owner, source } = data;
  const said = Object.entries({ name, account_id, stage, owner, source });
  return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}

function seat(event: RecordedEvent<'ContactRoleAssigned'>, seats: CurrentVersions<Seat>): void {
  const { workspace, data } = event;
  const [contact] = data.contact;
  if (contact === undefined) {
    throw new PoisonedEvent(event, [parkingKey(data)], { cause: 'the contact has no key' });
  }
  const row: Omit<Seat, 'role'> = {
    workspace,
    opportunity_id: data.opportunityId,
    contact,
    keys: data.contact,
    event_id: event.id,
    occurred_at: event.occurredAt,
    known_from: String(event.position),
    superseded_at: null,
  };
  if (data.role === null) seats.end(seatKey(row), row.known_from);
  else seats.add({ ...row, role: data.role });
}

type Table = 'touchline.opportunity' | 'touchline.opportunity_contact';

async function current<Row extends object>(
  tx: PoolClient,
  table: Table,
  events: readonly DealEvent[],
): Promise<Row[]> {
  const { rows } = await tx.query<Row>(
    `SELECT * FROM ${table} WHERE superseded_at IS NULL
       AND (workspace, opportunity_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
    [events.map(({ workspace }) => workspace), events.map(({ data }) => data.opportunityId)],
  );
  return rows;
}

async function write(
  tx: PoolClient,
  table: Table,
  columns: readonly string[],
  { ended, added }: { ended: readonly object[]; added: readonly object[] },
): Promise<void> {
  const same = ['workspace', ...columns, 'known_from'].map((column) => `stored.${column} = ended.${column}`);
  if (ended.length > 0) {
    await tx.query(
      `UPDATE ${table} stored SET superseded_at = ended.superseded_at
       FROM jsonb_populate_recordset(NULL::${table}, $1) ended WHERE ${same.join(' AND ')}`,
      [JSON.stringify(ended)],
    );
  }
  if (added.length > 0) {
    await tx.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [
      JSON.stringify(added),
    ]);
  }
}

async function writeKeys(tx: PoolClient, seats: readonly Seat[]): Promise<void> {
  if (seats.length === 0) return;
  await tx.query(
    `INSERT INTO touchline.opportunity_contact_key
     SELECT DISTINCT workspace, unnest(keys), opportunity_id
     FROM jsonb_populate_recordset(NULL::touchline.opportunity_contact, $1)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(seats)],
  );
}

/** A deal that was parked and comes late may move on what later events left where it was. */
async function writeHorizon(tx: PoolClient, deals: readonly Deal[]): Promise<void> {
  if (deals.length === 0) return;
  await tx.query(
    `WITH told AS (
       SELECT workspace, known_from, greatest(opened_at, closed_at) AS at, max(greatest(opened_at, closed_at))
         OVER (PARTITION BY workspace ORDER BY known_from ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
       FROM jsonb_populate_recordset(NULL::touchline.opportunity, $1)
     ), moved AS (
       SELECT workspace, known_from, at FROM told WHERE at > coalesce(greatest(before, (
         SELECT latest FROM touchline.opportunity_horizon known
         WHERE known.workspace = told.workspace AND known.known_from < told.known_from ORDER BY known.known_from DESC LIMIT 1
       )), '-infinity')
     ), overtaken AS (
       DELETE FROM touchline.opportunity_horizon known USING moved
       WHERE known.workspace = moved.workspace AND known.known_from > moved.known_from AND known.latest <= moved.at
     )
     INSERT INTO touchline.opportunity_horizon SELECT workspace, known_from, at FROM moved`,
    [JSON.stringify(deals)],
  );
}
