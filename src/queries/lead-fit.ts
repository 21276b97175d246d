import { ApiProperty } from '@nestjs/swagger';
import type { JourneyModel, TraitCondition } from '../domain/model.js';
import { fitRules } from '../domain/persona.js';
import type { Traits } from '../domain/touchpoint.js';
import { recordTest } from '../domain/value-test.js';
import { MaybeText, Parts, Real, Text, Uuid, Word } from './fields.js';
import type { View } from './read-models.js';
import { trueAt } from './true-at.js';
import { firstRow, sql } from './sql.js';

export class GradePoints {
  @Text('Rule of the model that the traits meet') rule!: string;
  @Real('Fit points it gives') points!: number;
}

/** Persona and grade are decided by the traits alone. */
export class FitReason {
  @MaybeText('Persona; null: no rule matches') persona!: string | null;
  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: true,
    description: 'The first condition on traits that holds, as the model says it',
  })
  personaRule!: TraitCondition | null;
  @MaybeText('A to F; null: nothing is known of the person') grade!: string | null;
  @Real('Sum of the fit points') gradePoints!: number;
  @Parts('Rules that gave fit points', () => GradePoints) gradeRules!: GradePoints[];
}

/** Opens persona and grade down to the rules of the model. */
export function fitReason(model: JourneyModel | undefined, traits: Traits): FitReason {
  if (!model) return { persona: null, personaRule: null, grade: null, gradePoints: 0, gradeRules: [] };
  const { persona, grade } = fitRules(model)(traits);
  const conditions = model.personas.find(({ id }) => id === persona)?.when ?? [];
  const personaRule = conditions.find((condition) => recordTest(condition)(traits)) ?? null;
  const gradeRules = model.grading.rules
    .filter(({ when }) => recordTest(when)(traits))
    .map(({ name: rule, points }) => ({ rule, points }));
  const gradePoints = gradeRules.reduce((sum, { points }) => sum + points, 0);
  return { persona, personaRule, grade, gradePoints, gradeRules };
}

export const ACCOUNT_REASONS = ['group', 'crm', 'email_domain'] as const;

export class AccountReason {
  @Text('The company') accountId!: string;
  @Word('A client named it, the CRM did, or the e-mail address is of its domain', ACCOUNT_REASONS)
  by!: string;
  @Uuid('The event that named it last; of an e-mail domain the one that named the address first')
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
    WHERE m.workspace = ${workspace} AND m.lead_id = ${leadId}::uuid AND ${trueAt('m', asOf)}`,
  );
  return found ? { accountId: found.account_id, by: found.reason, eventId: found.event_id } : null;
}
