import { ApiProperty } from '@nestjs/swagger';
import type { JourneyModel, TraitCondition } from '../domain/model/journey-model.js';
import { fitRules } from '../domain/persona.js';
import type { Traits } from '../domain/touchpoint.js';
import { traitTest } from '../domain/trait-test.js';
import { MaybeText, NestedList, Decimal, Text, Uuid, Enum } from './response-fields.js';
import type { View } from './read-models.js';
import { validAt } from './valid-at.js';
import { firstRow, sql } from './sql.js';

export class GradePoints {
  @Text('Rule of the model that matches the traits') rule!: string;
  @Decimal('Fit points of the rule') points!: number;
}

/** Persona and grade are decided by the traits alone. */
export class FitReason {
  @MaybeText('Persona; null: no rule matches') persona!: string | null;
  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: true,
    description: 'The first matching condition on traits, as in the model',
  })
  personaRule!: TraitCondition | null;
  @MaybeText('A to F; null: the lead has no traits') grade!: string | null;
  @Decimal('Sum of the fit points') gradePoints!: number;
  @NestedList('Rules that gave fit points', () => GradePoints) gradeRules!: GradePoints[];
}

/** Opens persona and grade down to the rules of the model. */
export function fitReason(model: JourneyModel | undefined, traits: Traits, email: string | null): FitReason {
  if (!model) return { persona: null, personaRule: null, grade: null, gradePoints: 0, gradeRules: [] };
  const { persona, grade } = fitRules(model)(traits, email);
  const conditions = model.personas.find(({ id }) => id === persona)?.when ?? [];
  const personaRule = conditions.find((condition) => traitTest(condition)(traits, email)) ?? null;
  const gradeRules = model.grading.rules
    .filter(({ when }) => traitTest(when)(traits, email))
    .map(({ name: rule, points }) => ({ rule, points }));
  const gradePoints = gradeRules.reduce((sum, { points }) => sum + points, 0);
  return { persona, personaRule, grade, gradePoints, gradeRules };
}

export const ACCOUNT_REASONS = ['group', 'crm', 'email_domain'] as const;

export class AccountReason {
  @Text('The company') accountId!: string;
  @Enum(
    'group: named by a client; crm: by the CRM; email_domain: by the domain of the e-mail address',
    ACCOUNT_REASONS,
  )
  by!: string;
  @Uuid('The latest event with the account; for an e-mail domain the first event with the address')
  eventId!: string;
}

/** Why a lead belongs to its account. */
export async function accountReason(
  { tx, workspace, asOf }: View,
  leadId: string,
): Promise<AccountReason | null> {
  const found = await firstRow<{ account_id: string; reason: string; event_id: string }>(
    tx,
    sql`
    SELECT m.account_id, m.reason, m.event_id FROM touchline.account_membership m
    WHERE m.workspace = ${workspace} AND m.lead_id = ${leadId}::uuid AND ${validAt('m', asOf)}`,
  );
  return found ? { accountId: found.account_id, by: found.reason, eventId: found.event_id } : null;
}
