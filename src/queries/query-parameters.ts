import { ATTENTION_KINDS } from './attention/attention-answer.js';
import { DEFAULT_LIMIT, MAX_LIMIT } from './page-request.js';
import { CONFLICT_STATUSES } from './identity-conflicts.js';
import { LIFECYCLES } from '../domain/lifecycle.js';
import { CLOCKS, HAND_OFF_STATE_FILTERS } from './hand-offs.js';
import { LEAD_SORTS } from './leads.js';
import { STATUSES } from './opportunity-rows.js';
import { ATTRIBUTION_PARAMETERS } from './attribution-parameters.js';
import { METRIC_PARAMETERS } from './metrics/metric-parameters.js';
import { SEQUENCE_PARAMETERS } from './sequences/sequence-parameters.js';
import { DATE, type Parameter, text, word } from './parameter-docs.js';

/** Every query parameter of the API, described once. */
export const PARAMETERS = {
  asOf: text(
    `A log position: the response is as of right after its event. Or ${DATE}: as of the last event recorded by the end of the day, or by then. Default: the position of the read models`,
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
  attentionKinds: {
    ...text(`Kinds, separated by commas: ${ATTENTION_KINDS.join(', ')}; default all`, 'lead_rotten'),
    name: 'kind',
  },
  attentionRep: { ...text('Only what is about this recipient of leads', 'rep-7'), name: 'rep' },
  attentionAt: {
    ...text(
      'The instant of deadlines; default: now, with `asOf` that of the position',
      '2026-03-09T12:00:00Z',
    ),
    name: 'at',
  },
  perKind: {
    schema: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
    description: 'Items of each kind',
  },
  opportunityId: text('Only the part of this opportunity'),
  fromDay: { ...text('First day, in the time zone of the workspace', '2026-01-01'), name: 'from' },
  toDay: { ...text('Day after the last one', '2026-07-01'), name: 'to' },
  segmentIds: {
    ...text('Segments, separated by commas, at most 20; default the first 20', 'price_readers,trial'),
    name: 'ids',
  },
  segment: text('Leads in this segment of the journey model', 'price_readers'),
  ...ATTRIBUTION_PARAMETERS,
  ...METRIC_PARAMETERS,
  ...SEQUENCE_PARAMETERS,
} as const satisfies Record<string, Parameter>;

export type ParameterName = keyof typeof PARAMETERS;
