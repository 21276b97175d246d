import { COMMITTEES } from '../domain/attribution/committee-rule.js';
import { MARKOV_ORDERS } from '../domain/attribution/markov/chain.js';
import { WORTHS } from '../domain/attribution/model-request.js';
import { PLAYERS } from '../domain/attribution/players.js';
import { PRESET_NAMES } from '../domain/attribution/presets.js';
import { DIRECT, REPEATS, TRANSFORM_NAMES } from '../domain/attribution/transforms.js';
import { PUBLISHER_KINDS } from '../domain/catalogue-events.js';
import { CUTS, DEFAULT_MODEL, METRICS, MODEL_NAMES, REPORT_METRICS } from './report-scope.js';
import { FORMATS } from './attribution.js';
import { COMPARED_MODELS, REPORT_MODELS } from './model-parameters.js';
import { TABLE_FORMATS } from './tables/table-formats.js';
import { DATE, type Parameter, text, word } from './parameter-docs.js';

/** Names of the options of models, as in the list below. */
export const MODEL_OPTION_PARAMETERS = [
  'custom',
  'player',
  'committee',
  'roleWeights',
  'markovOrder',
  'nonConverting',
  'worth',
  ...TRANSFORM_NAMES,
] as const;

/** Query parameters of attribution reports. */
export const ATTRIBUTION_PARAMETERS = {
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
  committee: word(
    'Whose touchpoints count: the contacts of an opportunity, or without any all leads of its account (`contacts`, default); the primary ' +
      'contact alone; all leads of the account',
    COMMITTEES,
  ),
  roleWeights: text(
    'What touches weigh by the role of their person in the opportunity, as JSON: 0 leaves people out, and who is not named weighs 1',
    '{"decision_maker":2,"user":0.5}',
  ),
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
  models: text(
    `Attribution models, separated by commas: ${COMPARED_MODELS.join(', ')}; default the first nine`,
    'first,last,linear',
  ),
  baseline: word('The model that the others are compared with; default the first', COMPARED_MODELS),
  by: text(`Dimensions, separated by commas: ${CUTS.join(', ')}; default content`, 'content'),
  keys: text(
    'The row of the report by `by` to explain, as its `keys` are, as JSON; the other cuts then narrow down the report. Without `by` and `keys` ' +
      'the cuts name the row of a report of everything',
    '["email","2026-03"]',
  ),
  metric: word(
    '`revenue`: won opportunities by their close (default); `pipeline`: all opportunities by their opening',
    METRICS,
  ),
  reportMetric: {
    ...word(
      'As `metric`, and with what was invested, by source, campaign, channel or content: `roi` ((revenue - invested) / invested), ' +
        '`pipeline_per_dollar` (pipeline / invested)',
      REPORT_METRICS,
    ),
    name: 'metric',
  },
  from: text(`Start, inclusive: ${DATE}`, '2026-01-01'),
  to: text(`End, exclusive: ${DATE}`, '2026-07-01'),
  fromReport: {
    ...text(`The earlier report, as \`asOf\` takes it: a position or ${DATE}`, '8'),
    name: 'from',
    required: true,
  },
  toReport: {
    ...text('The later report, likewise; default: the position of the read models', '5124'),
    name: 'to',
  },
  periodFrom: text(`Start of the period of both reports, inclusive: ${DATE}`, '2026-01-01'),
  periodTo: text(`End of the period, exclusive: ${DATE}`, '2026-07-01'),
  perCause: {
    schema: { type: 'integer', minimum: 0, maximum: 100, default: 10 },
    description: 'Events listed of each cause',
  },
  currency: text('Currency of the report; must be that of the journey model', 'USD'),
  ratedCurrency: {
    ...text(
      'Currency of the report; default that of the journey model, else one that it has rates of',
      'EUR',
    ),
    name: 'currency',
  },
  format: word(
    'Format of the rows, before that of `Accept`; all but json return all rows unless a limit is given',
    FORMATS,
  ),
  tableFormat: { ...word('Format, before that of `Accept`; default ndjson', TABLE_FORMATS), name: 'format' },
  content: text('Only the row of this content', 'wp-1'),
  channel: text('Only the row of this channel', 'email'),
  campaign: text('Only the row of this campaign'),
  source: text('Only the row of this source'),
  contentType: text('Only the row of contents of this type', 'webinar'),
  author: text('Only the row of this author'),
  publisher: text('Only the row of this publisher'),
  contentStage: text('Only the row of contents that the journey model maps to this stage', 'evaluation'),
  publisherKind: word('Only the row of publishers of this kind', PUBLISHER_KINDS),
  creditedPersona: { ...text('Only the row of this persona', 'buyer'), name: 'persona' },
  creditedSegment: {
    ...text('Only the row of people whose first segment this is', 'price_readers'),
    name: 'segment',
  },
  creditedRep: { ...text('Only the row of touches of this salesperson', 'rep-7'), name: 'rep' },
  accountSegment: text(
    'Only the row of opportunities of accounts whose first segment this is',
    'price_readers',
  ),
  creditedOwner: { ...text('Only the row of opportunities of this owner', 'rep-7'), name: 'owner' },
  month: text('Only the row of this month', '2026-03'),
  week: text('Only the row of this week (ISO 8601)', '2026-W10'),
  without: text(
    'Only the row whose touches have no value for these dimensions: content, campaign, source, contentType, author, publisher, publisherKind, contentStage, rep, persona, segment, owner, accountSegment',
    'campaign',
  ),
} as const satisfies Record<string, Parameter>;
