import type { ModelName } from './models.js';
import type { AttributionSettings } from './settings.js';

/** A model with the weights that a vendor documents, so that a report can be set beside the vendor's. */
export interface Preset {
  readonly model: ModelName;
  readonly settings: Partial<AttributionSettings>;
  /** Where the vendor, or who describes its product, states the weights. */
  readonly source: string;
}

const ADOBE_ANALYTICS =
  'https://github.com/AdobeDocs/analytics.en/blob/main/help/analyze/analysis-workspace/attribution/models.md';
const MARKETO_MEASURE =
  'https://experienceleague.adobe.com/en/docs/marketo-measure/using/introduction-to-marketo-measure/overview-resources/marketo-measure-attribution-models';
const HUBSPOT = 'https://www.thewayhow.com/learn-something/marketing-attribution-models';
const GOOGLE_ADS =
  'https://developers.google.com/google-ads/api/reference/rpc/v17/AttributionModelEnum.AttributionModel';
const GOOGLE_ANALYTICS =
  'https://googleapis.dev/dotnet/Google.Analytics.Admin.V1Alpha/2.0.0-alpha09/api/Google.Analytics.Admin.V1Alpha.AttributionSettings.Types.ReportingAttributionModel.html';
const DREAMDATA = 'https://docs.dreamdata.io/article/tycc6odb2v-attribution-model';
const SALESFORCE = 'https://help.salesforce.com/s/articleView?id=mktg.mc_mi_mta_models.htm';
const MATOMO = 'https://matomo.org/faq/multi-channel-conversion-attribution/faq_25500';

/**
 * Vendors mean two things by U-shaped: by the first touch and the lead creation (our `u_shaped`), or by the first and the last
 * touch (our `position`). The names are the vendors', the models ours.
 */
export const PRESETS = {
  marketo_measure_u_shaped: {
    model: 'u_shaped',
    settings: { uShaped: [50, 50, 0] },
    source: MARKETO_MEASURE,
  },
  marketo_measure_w_shaped: {
    model: 'w_shaped',
    settings: { wShaped: [30, 30, 30, 10] },
    source: MARKETO_MEASURE,
  },
  marketo_measure_full_path: {
    model: 'full_path',
    settings: { fullPath: [22.5, 22.5, 22.5, 22.5, 10] },
    source: MARKETO_MEASURE,
  },
  hubspot_u_shaped: { model: 'u_shaped', settings: { uShaped: [40, 40, 20] }, source: HUBSPOT },
  hubspot_w_shaped: { model: 'w_shaped', settings: { wShaped: [30, 30, 30, 10] }, source: HUBSPOT },
  hubspot_full_path: {
    model: 'full_path',
    settings: { fullPath: [22.5, 22.5, 22.5, 22.5, 10] },
    source: HUBSPOT,
  },
  adobe_analytics_u_shaped: {
    model: 'position',
    settings: { position: [40, 20, 40] },
    source: ADOBE_ANALYTICS,
  },
  adobe_analytics_j_shaped: {
    model: 'position',
    settings: { position: [20, 20, 60] },
    source: ADOBE_ANALYTICS,
  },
  adobe_analytics_inverse_j: {
    model: 'position',
    settings: { position: [60, 20, 20] },
    source: ADOBE_ANALYTICS,
  },
  adobe_analytics_time_decay: {
    model: 'time_decay',
    settings: { timeDecay: { halfLifeDays: 7 } },
    source: ADOBE_ANALYTICS,
  },
  google_ads_position_based: {
    model: 'position',
    settings: { position: [40, 20, 40] },
    source: GOOGLE_ADS,
  },
  google_ads_time_decay: {
    model: 'time_decay',
    settings: { timeDecay: { halfLifeDays: 7 } },
    source: GOOGLE_ADS,
  },
  google_analytics_position_based: {
    model: 'position',
    settings: { position: [40, 20, 40] },
    source: GOOGLE_ANALYTICS,
  },
  dreamdata_u_shaped: { model: 'position', settings: { position: [40, 20, 40] }, source: DREAMDATA },
  salesforce_u_shaped: { model: 'position', settings: { position: [40, 20, 40] }, source: SALESFORCE },
  matomo_position_based: { model: 'position', settings: { position: [40, 20, 40] }, source: MATOMO },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

/** The settings of the journey model with the weights of the preset. */
export const presetSettings = (name: PresetName, settings: AttributionSettings): AttributionSettings => ({
  ...settings,
  ...PRESETS[name].settings,
});
