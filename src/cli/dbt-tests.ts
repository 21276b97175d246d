import { CHAIN_WIDE_MODELS } from '../domain/attribution/model-request.js';
import { MODEL_NAMES } from '../domain/attribution/models.js';
import { CHANNELS } from '../domain/touchpoint.js';

/** The column of which a view has one row a value. */
const PRIMARY: Readonly<Record<string, string>> = {
  dim_account: 'account_key',
  dim_campaign: 'campaign_key',
  dim_content: 'content_key',
  dim_date: 'date',
  dim_journey_model: 'model_version',
  dim_lead: 'lead_key',
  dim_persona_stage: 'persona_stage_key',
  dim_rep: 'rep_key',
  dim_segment: 'segment_key',
  dim_source: 'source_key',
  fact_engagement: 'touchpoint_key',
  fact_handoff: 'handoff_key',
  fact_lifecycle_event: 'decision_key',
  fact_opportunity: 'opportunity_key',
  fact_touchpoint: 'touchpoint_key',
  lead_current: 'lead_key',
  opportunity_current: 'opportunity_key',
  rep_current: 'rep_key',
  path_to_conversion: 'opportunity_key',
  path_to_non_conversion: 'opportunity_key',
  path_summary: 'path_key',
  channel_attribution: 'attribution_key',
};

/** What a key joins; without a row there it is never NULL but the key for none. */
const JOINED: Readonly<Record<string, string>> = {
  account_key: 'dim_account',
  campaign_key: 'dim_campaign',
  content_key: 'dim_content',
  lead_key: 'dim_lead',
  opportunity_key: 'fact_opportunity',
  source_key: 'dim_source',
  touchpoint_key: 'fact_touchpoint',
};

/** Keys and days that a row may lack. */
const OPTIONAL: Readonly<Record<string, string>> = {
  buyer_lead_key: 'dim_lead',
  entered_by_touchpoint_key: 'fact_touchpoint',
  rep_key: 'dim_rep',
  segment_key: 'dim_segment',
};

const MODELS = [...MODEL_NAMES, ...CHAIN_WIDE_MODELS];
const ACCEPTED: Readonly<Record<string, readonly string[]>> = {
  'channel_attribution.channel': CHANNELS,
  'channel_attribution.metric': ['revenue', 'pipeline'],
  'channel_attribution.model': MODELS,
  'fact_attribution_credit.metric': ['revenue', 'pipeline'],
  'fact_attribution_credit.model': MODEL_NAMES,
  'fact_attribution_total.metric': ['revenue', 'pipeline'],
  'fact_opportunity.status': ['open', 'won', 'lost'],
  'fact_touchpoint.channel': CHANNELS,
  'path_to_non_conversion.outcome': ['lost', 'open'],
  'path_to_non_conversion.path_until': ['loss', 'opening'],
};

/** To join it takes minutes where there are many people. */
const UNTESTED: ReadonlySet<string> = new Set(['fact_content_exposure']);

type DataTest = string | object;

/** The dbt tests of a column of a view; of `_history` views none, since their rows are versions. */
export function testsOf(view: string, column: string, views: ReadonlySet<string>): DataTest[] {
  if (view.endsWith('_history') || UNTESTED.has(view)) return [];
  const isPrimary = PRIMARY[view] === column;
  const joined = column.endsWith('_date') || column === 'month_start' ? 'dim_date' : JOINED[column];
  const target = joined ?? OPTIONAL[column];
  const accepted = ACCEPTED[`${view}.${column}`];
  return [
    ...(isPrimary ? ['unique'] : []),
    ...(isPrimary || JOINED[column] !== undefined || accepted ? ['not_null'] : []),
    ...(target !== undefined && target !== view && views.has(target) ? [relationship(target, column)] : []),
    ...(accepted ? [{ accepted_values: { values: [...accepted] } }] : []),
  ];
}

/** Keys have the same name on both sides, but for days and for further keys of one dimension. */
function relationship(target: string, column: string): object {
  const field = PRIMARY[target] ?? column;
  return { relationships: { to: `source('touchline', '${target}')`, field } };
}
