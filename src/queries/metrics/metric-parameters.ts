import { METRICS, MODEL_NAMES } from '../report-scope.js';
import { DATE, type Parameter, text, word } from '../parameter-docs.js';

/** Query parameters of metrics and of investments. */
export const METRIC_PARAMETERS = {
  forSource: { ...text('Only for this source', 'webinar'), name: 'source' },
  forCampaign: { ...text('Only for this campaign', 'spring'), name: 'campaign' },
  forChannel: { ...text('Only for this channel', 'event'), name: 'channel' },
  forContent: { ...text('Only for this content', 'buying-guide'), name: 'content' },
  investedBy: {
    ...text(
      'One of source, campaign, channel, content, persona, segment, and `month` or `period`; default source',
      'source',
    ),
    name: 'by',
  },
  opportunityBy: {
    ...text(
      'Cuts, separated by commas: persona, source, segment, campaign, owner, month; default none',
      'persona',
    ),
    name: 'by',
  },
  influenceBy: {
    ...text('content, and any of persona, segment, stage, month; default content', 'content'),
    name: 'by',
  },
  withinDays: {
    schema: { type: 'integer', minimum: 1, maximum: 365, default: 30 },
    description: 'Days after the touch in which a lead has to advance',
  },
  funnelBy: {
    ...text(
      'Cuts, separated by commas: persona, source, segment, campaign, month, nurture; default none',
      'source',
    ),
    name: 'by',
  },
  nurtureBy: {
    ...text('Cuts, separated by commas: persona, source, segment, campaign, month; default none', 'month'),
    name: 'by',
  },
  landmarkDays: {
    schema: { type: 'integer', minimum: 1, maximum: 365 },
    description:
      'Forms the groups this many days after the first touch, of leads that had taken no step by then; default: at the first step',
  },
  atInstant: {
    ...text(`The instant: ${DATE}, whose beginning it is; default that of the position`, '2026-03-05'),
    name: 'at',
  },
  handOffsBy: {
    ...text(
      'Cuts, separated by commas: recipient, persona, source, segment, campaign, month; default recipient',
      'recipient',
    ),
    name: 'by',
  },
  loadBy: {
    ...text(
      'Cuts within each rep, separated by commas: persona, source, segment, campaign, month; default none',
      'persona',
    ),
    name: 'by',
  },
  hookedBy: {
    ...text(
      'One of content, offer, channel, source, campaign, and persona, segment, stage, month; default content',
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
