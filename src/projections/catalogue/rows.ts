import type { ContentCell, InvestmentDimension, PublisherKind } from '../../domain/catalogue-events.js';
import type { RecordedEvent } from '../../domain/events.js';
import { dayNumber } from '../../domain/investment.js';
import {
  bigint,
  date,
  jsonb,
  nullable,
  text,
  textOf,
  timestamptz,
  uuid,
} from '../../read-models/column-types.js';
import { type Unversioned, versionedTable, type VersionOf } from '../../read-models/versioned-table.js';

const RECORDED = { eventId: uuid, occurredAt: timestamptz };

export const CONTENT = versionedTable(
  'content',
  {
    ...{ workspace: text, contentId: text },
    ...{ title: nullable(text), type: nullable(text), author: nullable(text) },
    ...{ publisher: nullable(text), publisherKind: nullable(textOf<PublisherKind>()), url: nullable(text) },
    serves: jsonb<readonly ContentCell[]>(),
    ...RECORDED,
  },
  ['workspace', 'contentId'],
);
export type ContentRow = VersionOf<typeof CONTENT>;

export const CAMPAIGN = versionedTable(
  'campaign',
  {
    ...{ workspace: text, campaignId: text },
    ...{ name: nullable(text), source: nullable(text), channel: nullable(text) },
    ...RECORDED,
  },
  ['workspace', 'campaignId'],
);
export type CampaignRow = VersionOf<typeof CAMPAIGN>;

export const INVESTMENT = versionedTable(
  'investment',
  {
    ...{ workspace: text, investmentId: text, amountMinor: bigint, currency: text },
    ...{ periodFrom: date, periodTo: date },
    ...{ dimension: textOf<InvestmentDimension>(), target: text, note: nullable(text) },
    ...RECORDED,
  },
  ['workspace', 'investmentId'],
);
export type InvestmentRow = VersionOf<typeof INVESTMENT>;

const recorded = ({ workspace, id, occurredAt }: RecordedEvent) => ({
  ...{ workspace, eventId: id, occurredAt: +occurredAt },
});

export function contentRow(event: RecordedEvent<'ContentCatalogued'>): Unversioned<ContentRow> {
  const {
    contentId,
    title = null,
    type = null,
    author = null,
    publisher,
    url = null,
    serves = [],
  } = event.data;
  const published = { publisher: publisher?.name ?? null, publisherKind: publisher?.kind ?? null };
  return { ...recorded(event), contentId, title, type, author, ...published, url, serves };
}

export function campaignRow(event: RecordedEvent<'CampaignDefined'>): Unversioned<CampaignRow> {
  const { campaignId, name = null, source = null, channel = null } = event.data;
  return { ...recorded(event), campaignId, name, source, channel };
}

export function investmentRow(event: RecordedEvent<'InvestmentRecorded'>): Unversioned<InvestmentRow> {
  const { investmentId, amountMinor, currency, from, to, for: target, note = null } = event.data;
  return {
    ...recorded(event),
    ...{ investmentId, amountMinor: BigInt(amountMinor), currency, note },
    ...{ periodFrom: dayNumber(from, 'from'), periodTo: dayNumber(to, 'to') },
    ...{ dimension: target.dimension, target: target.value },
  };
}
