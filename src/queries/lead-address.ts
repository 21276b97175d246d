import { EMAIL_KINDS, emailKinds } from '../domain/email-kinds.js';
import { leadAddress } from '../read-models/mail-domain.js';
import type { View } from './read-models.js';
import { Enums, MaybeInstant, Text } from './response-fields.js';
import { firstRow, sql } from './sql.js';
import { validAt } from './valid-at.js';

export class AddressReason {
  @Text('The e-mail address that the lead is known by') email!: string;
  @Enums(
    'role: of a function, such as info@; free_mail, disposable: at a provider of either; bounced: it does not work. Conditions of the ' +
      'journey model read them as `email`',
    EMAIL_KINDS,
  )
  kinds!: string[];
  @MaybeInstant('When mail to it bounced for good; null: it did not, or mail arrived since')
  bouncedAt!: Date | null;
}

/** What the e-mail address of a lead is, by the lists of mail providers and the model. */
export async function addressReason(
  { tx, workspace, asOf, model }: View,
  leadId: string,
): Promise<AddressReason | null> {
  const found = await firstRow<{ email: string | null; bounced_at: Date | null }>(
    tx,
    sql`
    SELECT p.email, touchline.email_bounced_at(p.workspace, p.lead_id, p.email, ${asOf}) AS bounced_at
    FROM touchline.lead_profile p
    WHERE p.workspace = ${workspace} AND p.lead_id = ${leadId}::uuid AND ${validAt('p', asOf)}`,
  );
  const { email = null, bounced_at: bouncedAt = null } = found ?? {};
  if (email === null) return null;
  const kindsOf = emailKinds(model?.data.document.mailProviders);
  return { email, kinds: [...kindsOf(leadAddress(email, bouncedAt && +bouncedAt))], bouncedAt };
}
