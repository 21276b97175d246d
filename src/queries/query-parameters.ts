import type { ApiQueryOptions } from '@nestjs/swagger';
import { MARKOV_ORDERS } from '../domain/attribution/markov/chain.js';
import { WORTHS } from '../domain/attribution/model-request.js';
import { PLAYERS } from '../domain/attribution/players.js';
import { PRESET_NAMES } from '../domain/attribution/presets.js';
import { DIRECT, REPEATS } from '../domain/attribution/transforms.js';
import { PUBLISHER_KINDS } from '../domain/catalogue-events.js';
import { CUTS, DEFAULT_MODEL, METRICS, MODEL_NAMES } from './report-scope.js';
import { FORMATS } from './attribution.js';
import { DEFAULT_LIMIT, MAX_LIMIT } from './page-request.js';
import { CONFLICT_STATUSES } from './identity-conflicts.js';
import { LIFECYCLES } from '../domain/lifecycle.js';
import { CLOCKS, HAND_OFF_STATE_FILTERS } from './hand-offs.js';
import { LEAD_SORTS } from './leads.js';
import { REPORT_MODELS } from './model-parameters.js';
import { STATUSES } from './opportunity-rows.js';

interface Parameter {
  readonly schema: Extract<ApiQueryOptions, { schema: unknown }>['schema'];
  readonly description: string;
  readonly example?: string;
  /** As a query names it, where two lists use it for different things. */
  readonly name?: string;
}

const text = (description: string, example?: string): Parameter => ({
  schema: { type: 'string' },
  description,
  ...(example === undefined ? {} : { example }),
});

const word = (description: string, words: readonly string[]): Parameter => ({
  schema: { type: 'string', enum: [...words] },
  description,
});

const DATE = 'a day of the workspace (2026-01-31) or a timestamp (2026-01-31T09:30:00Z)';

/** Every query parameter of the API, described once. */
export const PARAMETERS = {
  asOf: text(
    'A log position: the response is as of right after its event. Default: the position of the read models',
    '5124',
  ),
  minPosition: text(
    'Wait, for at most ten seconds, until the read models have applied this position (of a receipt)',
    '5124',
  ),
  cursor: text('`next` of the previous page, with the same filters'),
  limit: {
    schema: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
    description: 'Rows of a page',
  },
  email: text('Leads with this e-mail address', 'ada@acme.example'),
  accountId: text('Only of this company', 'acme'),
  status: word('Opportunities that are open, won or lost', STATUSES),
  conflictStatus: {
    ...word('Conflicts that are open, joined or dismissed', CONFLICT_STATUSES),
    name: 'status',
  },
  owner: text('Opportunities of this salesperson', 'rep-7'),
  stage: text('Leads in this buying stage', 'consideration'),
  persona: text('Leads of this persona'),
  lifecycle: word('Leads in this state of our process', LIFECYCLES),
  minScore: {
    schema: { type: 'number' },
    description: 'Leads with at least this score at the time of the response',
  },
  sort: {
    ...word(
      '`score` and `recent`: highest and latest first; `leadId`: the cheapest order to list all',
      LEAD_SORTS,
    ),
  },
  order: word('`asc`: oldest first; `desc`: newest first', ['asc', 'desc']),
  model: word(`Attribution model; default ${DEFAULT_MODEL}`, MODEL_NAMES),
  reportModel: {
    ...word(`Attribution model; default ${DEFAULT_MODEL}`, REPORT_MODELS),
    name: 'model',
  },
  preset: word('Weights that a vendor documents, instead of a model', PRESET_NAMES),
  custom: text(
    'Weights of the model `custom` as JSON: percents by `milestones`, `kinds`, `channels` and `contentStages`, for `others`, and ' +
      '`leftover`: `redistribute` or `unattributed`',
    '{"milestones":{"first":40},"kinds":{"meeting":40},"leftover":"unattributed"}',
  ),
  player: word('What plays in `markov` and `shapley`, and what `repeats` compares; default channel', PLAYERS),
  markovOrder: {
    schema: { type: 'integer', enum: [...MARKOV_ORDERS], default: 1 },
    description: 'Of `markov`: so many touches decide on the next',
    name: 'order',
  },
  nonConverting: {
    schema: { type: 'boolean', default: true },
    description: 'Of `markov` by revenue: whether the paths of lost opportunities are part of the chain',
  },
  worth: word('Of `shapley`: what paths are worth; default conversions', WORTHS),
  kinds: text('Only touches of these kinds, separated by commas', 'webinar_attended,meeting'),
  withoutKinds: text('No touches of these kinds'),
  channels: text('Only touches of these channels, separated by commas', 'email,event'),
  withoutChannels: text('No touches of these channels'),
  direct: word(
    'Touches of the channel direct: all, none, none unless there are no others, or none after the last other touch',
    DIRECT,
  ),
  lookbackDays: {
    schema: { type: 'integer', minimum: 1, maximum: 3650 },
    description: 'Only touches of so many days before the reference date',
  },
  lookbackSteps: {
    schema: { type: 'integer', minimum: 1, maximum: 10_000 },
    description: 'Only so many last touches of a path',
  },
  minTouchesPerLead: {
    schema: { type: 'integer', minimum: 1, maximum: 1_000 },
    description: 'Only touches of people with so many touches on the path (minimum engagement)',
  },
  repeats: word(
    'Touches of a player that the path met before: `unique` keeps them, `exposure` drops those that follow one another, `first` all, ' +
      '`frequency` all and makes their number part of the player',
    REPEATS,
  ),
  models: text('Attribution models, separated by commas; default all', 'first,last,linear'),
  by: text(`Dimensions, separated by commas: ${CUTS.join(', ')}; default content`, 'content'),
  metric: word(
    '`revenue`: won opportunities by their close (default); `pipeline`: all opportunities by their opening',
    METRICS,
  ),
  from: text(`Start, inclusive: ${DATE}`, '2026-01-01'),
  to: text(`End, exclusive: ${DATE}`, '2026-07-01'),
  currency: text('Currency of the report; must be that of the journey model', 'USD'),
  format: word('Format of the rows; csv and ndjson return all rows unless a limit is given', FORMATS),
  content: text('Explains the row of this content', 'wp-1'),
  channel: text('Explains the row of this channel', 'email'),
  campaign: text('Explains the row of this campaign'),
  source: text('Explains the row of this source'),
  author: text('Explains the row of this author'),
  publisher: text('Explains the row of this publisher'),
  publisherKind: word('Explains the row of publishers of this kind', PUBLISHER_KINDS),
  month: text('Explains the row of this month', '2026-03'),
  without: text(
    'Explains the row whose touches have no value for these dimensions: content, campaign, source, author, publisher, publisherKind',
    'campaign',
  ),
  rep: text('Hand-offs to this recipient', 'rep-7'),
  handOffState: {
    ...word('Hand-offs that stand so; default `open`: handed off or accepted', HAND_OFF_STATE_FILTERS),
    name: 'state',
  },
  clock: word(
    'By the time until the first sales activity: `running`, `warning`: about to be due, `rotten`: due without activity, `stopped`',
    CLOCKS,
  ),
  at: text(
    'The instant of clocks and reasons, such as now; default: when the event at `asOf` was recorded',
    '2026-03-09T12:00:00Z',
  ),
  opportunityId: text('Only the part of this opportunity'),
  fromDay: { ...text('First day, in the time zone of the workspace', '2026-01-01'), name: 'from' },
  toDay: { ...text('Day after the last one', '2026-07-01'), name: 'to' },
  segmentIds: {
    ...text('Segments, separated by commas, at most 20; default the first 20', 'price_readers,trial'),
    name: 'ids',
  },
  segment: text('Leads in this segment of the journey model', 'price_readers'),
  forSource: { ...text('Only for this source', 'webinar'), name: 'source' },
  forCampaign: { ...text('Only for this campaign', 'spring'), name: 'campaign' },
  forChannel: { ...text('Only for this channel', 'event'), name: 'channel' },
  forContent: { ...text('Only for this content', 'buying-guide'), name: 'content' },
  investedBy: {
    ...text('One of source, campaign, channel, content, and `month`; default source', 'source'),
    name: 'by',
  },
  opportunityBy: {
    ...text('Cuts, separated by commas: persona, source, campaign, owner, month; default none', 'persona'),
    name: 'by',
  },
  influenceBy: {
    ...text('content, and any of persona, stage, month; default content', 'content'),
    name: 'by',
  },
  withinDays: {
    schema: { type: 'integer', minimum: 1, maximum: 365, default: 30 },
    description: 'Days after the touch in which a lead has to advance',
  },
  funnelBy: {
    ...text('Cuts, separated by commas: persona, source, campaign, month; default none', 'source'),
    name: 'by',
  },
  atInstant: {
    ...text(`The instant: ${DATE}, whose beginning it is; default that of the position`, '2026-03-05'),
    name: 'at',
  },
  handOffsBy: {
    ...text('recipient, persona, separated by commas; default recipient', 'recipient'),
    name: 'by',
  },
  hookedBy: {
    ...text(
      'One of content, offer, channel, source, campaign, and persona, stage, month; default content',
      'content',
    ),
    name: 'by',
  },
  creditModel: {
    ...word(
      'Credits opportunities to the dimension by this attribution model; without it each counts for its own lead source',
      MODEL_NAMES,
    ),
    name: 'model',
  },
  returnMetric: {
    ...word(
      '`pipeline` (default): all opportunities by their opening; `revenue`: won opportunities by their close',
      METRICS,
    ),
    name: 'metric',
  },
} as const satisfies Record<string, Parameter>;

export type ParameterName = keyof typeof PARAMETERS;
