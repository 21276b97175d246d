import { campaignOf, contentOf } from '../domain/catalogue.js';
import type { CatalogueName } from '../domain/catalogue-events.js';
import { investmentOf } from '../domain/investment.js';
import { replace, replacedWhole, type Replaced, type ReplacingEvent } from '../domain/replaced-whole.js';
import type { EventStore } from '../event-store/event-store.js';
import { handle } from '../event-store/handle.js';
import { CampaignInput, ContentInput, InvestmentInput } from './catalogue.inputs.js';

/** What a report came to. */
export interface RecordedItem {
  readonly id: string;
  readonly status: 'created' | 'updated' | 'unchanged';
  /** Of its last event. */
  readonly position: bigint;
  readonly eventIds: readonly string[];
}

export interface RecordOptions {
  readonly now: Date;
  /** A later report with the same one is not decided again. */
  readonly idempotencyKey?: string | undefined;
}

/** One kind of things of which each report replaces the one before: how its input is checked and what event it becomes. */
export interface CatalogueKind<Input> {
  /** As rejected input names one. */
  readonly format: CatalogueName;
  /** As an error and a route name several of them. */
  readonly plural: 'contents' | 'campaigns' | 'investments';
  readonly idField: 'contentId' | 'campaignId' | 'investmentId';
  readonly input: new () => Input;
  /** @throws Refused */
  readonly eventOf: (input: Input) => { readonly stream: string; readonly event: Decidable };
}

type Decidable = Pick<ReplacingEvent, 'type' | 'data'>;

export const CONTENTS: CatalogueKind<ContentInput> = {
  ...{ format: 'content', plural: 'contents', idField: 'contentId', input: ContentInput },
  eventOf(input) {
    const data = contentOf(input);
    return { stream: `content-${data.contentId}`, event: { type: 'ContentCatalogued', data } };
  },
};

export const CAMPAIGNS: CatalogueKind<CampaignInput> = {
  ...{ format: 'campaign', plural: 'campaigns', idField: 'campaignId', input: CampaignInput },
  eventOf(input) {
    const data = campaignOf(input);
    return { stream: `campaign-${data.campaignId}`, event: { type: 'CampaignDefined', data } };
  },
};

export const INVESTMENTS: CatalogueKind<InvestmentInput> = {
  ...{ format: 'investment', plural: 'investments', idField: 'investmentId', input: InvestmentInput },
  eventOf(input) {
    const data = investmentOf(input);
    return { stream: `investment-${data.investmentId}`, event: { type: 'InvestmentRecorded', data } };
  },
};

export const CATALOGUE_KINDS: Readonly<Record<CatalogueKind<object>['plural'], CatalogueKind<object>>> = {
  contents: CONTENTS as CatalogueKind<object>,
  campaigns: CAMPAIGNS as CatalogueKind<object>,
  investments: INVESTMENTS as CatalogueKind<object>,
};

const decider = replacedWhole<ReplacingEvent>();

/**
 * Records a report of one thing. One that says what is known changes nothing.
 *
 * @throws Refused what the domain refuses
 * @throws WrongExpectedVersion others were quicker every time
 * @throws StoreUnavailable
 */
export async function recordItem<Input extends object>(
  store: Pick<EventStore, 'append' | 'readStream'>,
  workspace: string,
  kind: CatalogueKind<Input>,
  input: Input,
  { now, idempotencyKey }: RecordOptions,
): Promise<RecordedItem> {
  const { stream, event } = kind.eventOf(input);
  const seen = { isNew: true };
  const decide = (state: Replaced<ReplacingEvent>): ReplacingEvent[] => {
    seen.isNew = state.latest === undefined;
    return replace<ReplacingEvent>(event, state, { now, correlationId: idempotencyKey });
  };
  const { receipts, position = 0n } = await handle(store, workspace, stream, decider, decide);
  const status = receipts.length === 0 ? 'unchanged' : seen.isNew ? 'created' : 'updated';
  const id = stream.slice(stream.indexOf('-') + 1);
  return { id, status, position, eventIds: receipts.map(({ eventId }) => eventId) };
}
