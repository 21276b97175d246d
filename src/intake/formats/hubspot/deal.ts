import type { OpportunityReport } from '../../../domain/opportunity-report.js';
import { defined } from '../../values.js';
import { reject, type Rejected } from '../../outcome.js';
import type { Reading } from '../../reading.js';
import { amountText, fieldText, flagOf, statusOf, timeText } from '../crm/objects.js';
import type { CrmSettings } from '../crm/settings.js';
import type { HubSpotItem } from './item.js';

type Fields = Omit<OpportunityReport, 'opportunityId'>;
type ReadProperty = (value: unknown, settings: CrmSettings, reading: Reading) => Fields;

const PATH = 'propertyValue';
const time = (value: unknown, reading: Reading) => timeText({ value, path: PATH }, reading);

const PROPERTIES: Readonly<Record<string, ReadProperty>> = {
  dealname: (value) => defined({ name: fieldText(value, 500) }),
  amount: (value) => ({ amount: amountText(value) ?? null }),
  deal_currency_code: (value) => defined({ currency: fieldText(value)?.toUpperCase() }),
  dealstage: (value, settings) => stageFields(fieldText(value), settings),
  hs_is_closed_won: (value) => (flagOf(value) === true ? { status: 'won' } : {}),
  hs_is_closed_lost: (value) => (flagOf(value) === true ? { status: 'lost' } : {}),
  closedate: (value, _, reading) => defined({ closeDate: time(value, reading) }),
  createdate: (value, _, reading) => defined({ openedAt: time(value, reading) ?? undefined }),
  hubspot_owner_id: (value) => defined({ owner: fieldText(value) }),
  hs_analytics_source: (value) => defined({ source: fieldText(value) }),
  closed_lost_reason: (value) => defined({ reason: fieldText(value, 1_000) }),
  closed_won_reason: (value) => defined({ reason: fieldText(value, 1_000) }),
};

function stageFields(stage: string | null | undefined, settings: CrmSettings): Fields {
  if (stage === undefined) return {};
  return stage === null ? { stage } : { stage, status: statusOf(stage, settings) };
}

/** What the changed property of a deal says of its opportunity. */
export function dealProperty(
  { propertyName = '', propertyValue = null }: HubSpotItem,
  settings: CrmSettings,
  reading: Reading,
): Fields | Rejected {
  const read = Object.hasOwn(PROPERTIES, propertyName) ? PROPERTIES[propertyName] : undefined;
  if (read) return read(propertyValue, settings, reading);
  const known = Object.keys(PROPERTIES).join(', ');
  return reject(
    'property-unknown',
    `this property of a deal is not kept; known are ${known}`,
    'propertyName',
  );
}
