import type { PoolClient } from 'pg';
import { type EventType, isEvent, type RecordedEvent } from '../domain/events.js';
import { CurrentVersions } from '../read-models/current-versions.js';
import { lookUp } from '../read-models/lookup.js';
import { runStatements, type Statement } from '../read-models/statements.js';
import type { Readable } from '../read-models/table.js';
import {
  standsNow,
  storedVersion,
  type Unversioned,
  type Version,
  type WritableVersions,
} from '../read-models/versioned-table.js';
import type { Projection } from '../subscriptions/subscription.js';
import {
  CAMPAIGN,
  campaignRow,
  type CampaignRow,
  CONTENT,
  contentRow,
  type ContentRow,
  INVESTMENT,
  investmentRow,
  type InvestmentRow,
} from './catalogue/rows.js';

/** Contents, campaigns and investments, every version of them. The current row is the latest report, in any order of arrival. */
export const catalogue: Projection = {
  name: 'catalogue',
  version: 1,
  handles: ['ContentCatalogued', 'CampaignDefined', 'InvestmentRecorded'],
  after: [],
  tables: ['content', 'campaign', 'investment'],
  async apply(batch, tx) {
    const contents = eventsOf(batch, 'ContentCatalogued');
    const campaigns = eventsOf(batch, 'CampaignDefined');
    const investments = eventsOf(batch, 'InvestmentRecorded');
    await runStatements(tx, [
      ...(await versions<ContentRow, 'ContentCatalogued'>(tx, CONTENTS, contents)),
      ...(await versions<CampaignRow, 'CampaignDefined'>(tx, CAMPAIGNS, campaigns)),
      ...(await versions<InvestmentRow, 'InvestmentRecorded'>(tx, INVESTMENTS, investments)),
    ]);
  },
};

/** What every row has. */
type CatalogueRow = Version & {
  readonly workspace: string;
  readonly occurredAt: number;
  readonly eventId: string;
};

/** How the rows of a table follow from events of one type. */
interface RowRules<R extends CatalogueRow, T extends EventType> {
  readonly table: Readable<Omit<R, 'stored'>> & WritableVersions<R>;
  readonly idColumn: string;
  readonly idOf: (row: Unversioned<R>) => string;
  readonly rowOf: (event: RecordedEvent<T>) => Unversioned<R>;
}

const CONTENTS: RowRules<ContentRow, 'ContentCatalogued'> = {
  ...{ table: CONTENT, idColumn: 'content_id', idOf: ({ contentId }) => contentId, rowOf: contentRow },
};
const CAMPAIGNS: RowRules<CampaignRow, 'CampaignDefined'> = {
  ...{ table: CAMPAIGN, idColumn: 'campaign_id', idOf: ({ campaignId }) => campaignId, rowOf: campaignRow },
};
const INVESTMENTS: RowRules<InvestmentRow, 'InvestmentRecorded'> = {
  ...{ table: INVESTMENT, idColumn: 'investment_id' },
  ...{ idOf: ({ investmentId }) => investmentId, rowOf: investmentRow },
};

const eventsOf = <T extends EventType>(batch: readonly RecordedEvent[], type: T) =>
  batch.filter((event) => isEvent(event, type)) as readonly RecordedEvent[] as readonly RecordedEvent<T>[];

/** What writes the versions that the events make. */
async function versions<R extends CatalogueRow, T extends EventType>(
  tx: PoolClient,
  { table, idColumn, idOf, rowOf }: RowRules<R, T>,
  events: readonly RecordedEvent<T>[],
): Promise<readonly Statement[]> {
  if (events.length === 0) return [];
  const rows = events.map((event) => ({ row: rowOf(event), position: event.position }));
  const keyOf = (row: Unversioned<R>): string => `${row.workspace}\0${idOf(row)}`;
  const asked = new Map(rows.map(({ row }) => [keyOf(row), { workspace: row.workspace, value: idOf(row) }]));
  const found = await lookUp(tx, table, [idColumn, 'text[]'], [...asked.values()], standsNow('t'));
  const stored = found.map((row) => storedVersion(row) as unknown as R);
  const latest = new Map<string, Unversioned<R>>(stored.map((row) => [keyOf(row), row]));
  const current = new CurrentVersions<R>(table, keyOf, stored);
  for (const { row, position } of rows) {
    const known = latest.get(keyOf(row));
    if (known && isLater(known, row)) continue;
    latest.set(keyOf(row), row);
    current.put(row, position);
  }
  return current.flush();
}

type Recorded = Pick<CatalogueRow, 'occurredAt' | 'eventId'>;

const isLater = (a: Recorded, b: Recorded): boolean =>
  a.occurredAt > b.occurredAt || (a.occurredAt === b.occurredAt && a.eventId > b.eventId);
