import { ApiProperty } from '@nestjs/swagger';
import type { JourneyModel, TraitCondition } from '../domain/model.js';
import { fitRules } from '../domain/persona.js';
import { registrableDomain } from '../domain/registrable-domain.js';
import type { Traits } from '../domain/touchpoint.js';
import { recordTest } from '../domain/value-test.js';
import { MaybeText, MaybeUuid, Parts, Real, Text, Word } from './fields.js';
import { trueAt, type View } from './read-models.js';
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

/** Opens the account of a lead: a contact of a deal of that company, an address of its domain, or named by a client. */
export async function accountReason(
  { tx, workspace, asOf }: View,
  { accountId, email, keys }: { accountId: string | null; email: string | null; keys: readonly string[] },
): Promise<AccountReason | null> {
  if (accountId === null) return null;
  const contact = await firstRow<{ event_id: string }>(
    tx,
    sql`
    SELECT c.event_id
    FROM touchline.opportunity_contact_key ever
    JOIN touchline.opportunity_contact c
      ON c.workspace = ever.workspace AND c.opportunity_id = ever.opportunity_id AND ever.key = ANY(c.keys)
      AND ${trueAt('c', asOf)}
    JOIN touchline.opportunity o
      ON o.workspace = c.workspace AND o.opportunity_id = c.opportunity_id AND ${trueAt('o', asOf)}
    WHERE ever.workspace = ${workspace} AND ever.key = ANY(${keys}::text[]) AND o.account_id = ${accountId}
    ORDER BY c.occurred_at DESC, c.event_id DESC LIMIT 1`,
  );
  if (contact) return { accountId, by: 'crm', eventId: contact.event_id };
  const account = await firstRow<{ domain: string | null }>(
    tx,
    sql`
    SELECT a.domain FROM touchline.account a
    WHERE a.workspace = ${workspace} AND a.account_id = ${accountId} AND ${trueAt('a', asOf)}`,
  );
  const domain = email === null ? undefined : registrableDomain(email.slice(email.lastIndexOf('@') + 1));
  const ofDomain = domain !== undefined && [accountId, account?.domain].includes(domain);
  return { accountId, by: ofDomain ? 'email_domain' : 'group', eventId: null };
}
