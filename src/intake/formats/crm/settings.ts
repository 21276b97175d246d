import type { CollectorConfig } from '../../../workspaces/collector-config.js';
import { Type } from '../../schema.js';

const texts = (description: string, example: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
    description,
    maxItems: 200,
    examples: [[example]],
  });

/** Settings of every collector of a CRM. */
export const CRM_SETTINGS = {
  currency: Type.Optional(
    Type.String({
      pattern: '^[A-Z]{3}$',
      description: 'Of opportunities, while the CRM has not named theirs',
      examples: ['EUR'],
    }),
  ),
  wonStages: Type.Optional(texts('Stages in which an opportunity is won; absent: `closedwon`', 'closedwon')),
  lostStages: Type.Optional(texts('Stages in which it is lost; absent: `closedlost`', 'closedlost')),
  contactRole: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'Role of contacts for whom the CRM names none; absent: `contact`',
    }),
  ),
  idPrefix: Type.Optional(
    Type.String({
      maxLength: 40,
      description: 'Put before every id of the CRM: for workspaces with two CRMs whose ids may be the same',
      examples: ['hubspot-'],
    }),
  ),
};

export interface CrmSettings {
  readonly currency?: string;
  readonly wonStages: readonly string[];
  readonly lostStages: readonly string[];
  readonly contactRole: string;
  readonly idPrefix: string;
}

const DEFAULTS = {
  wonStages: ['closedwon'],
  lostStages: ['closedlost'],
  contactRole: 'contact',
  idPrefix: '',
};

/** As checked when the collector was configured (`CRM_SETTINGS`). */
export const crmSettings = (collector: CollectorConfig | undefined): CrmSettings => ({
  ...DEFAULTS,
  ...(collector?.settings as Partial<CrmSettings> | undefined),
});
