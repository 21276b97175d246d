import { ApiProperty } from '@nestjs/swagger';
import type { JourneyModel, TraitCondition } from '../domain/model.js';
import { fitRules } from '../domain/persona.js';
import type { Traits } from '../domain/touchpoint.js';
import { recordTest } from '../domain/value-test.js';
import { MaybeText, MaybeUuid, Parts, Real, Text, Word } from './fields.js';
import type { View } from './read-models.js';
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
  @MaybeUuid('The event that named it last; null: the e-mail domain decides') eventId!: string | null;
}

/** Opens the account of a lead down to the event that named it. */
export async function accountReason(
  { tx, workspace, asOf }: View,
  accountId: string | null,
  keys: readonly string[],
): Promise<AccountReason | null> {
  if (accountId === null) return null;
  const told = await firstRow<{ event_id: string; from_crm: boolean }>(
    tx,
    sql`
    SELECT f.event_id, f.from_crm FROM touchline.identity_fact f
    WHERE f.workspace = ${workspace} AND f.home = ANY(${keys}::text[]) AND f.position <= ${asOf}
      AND f.account_id = ${accountId}
    ORDER BY f.from_crm, f.occurred_at DESC, f.event_id DESC LIMIT 1`,
  );
  if (!told) return { accountId, by: 'email_domain', eventId: null };
  return { accountId, by: told.from_crm ? 'crm' : 'group', eventId: told.event_id };
}
