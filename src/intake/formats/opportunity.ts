import type { Contact } from '../../domain/committee.js';
import type { OpportunityReport } from '../../domain/opportunity-report.js';
import { decodeOneOrMore } from '../decode.js';
import type { Format, Message } from '../format.js';
import { emailOf, idOf, ID_LENGTH, keysOf, MESSAGE_ID_LENGTH, messageIdOf } from '../identities.js';
import { isRejected, reject, type Rejected } from '../outcome.js';
import type { Reading } from '../reading.js';
import { advisory, anyOf, checker, nullableText, type Static, Type } from '../schema.js';
import { defined } from '../values.js';

const id = (description: string) =>
  Type.Optional(
    anyOf<string | number | null>(['string', 'number', 'null'], { description, maxLength: ID_LENGTH }),
  );
const text = (description: string, maxLength = 200) =>
  Type.Optional(nullableText(description, { maxLength }));
const time = (description: string) =>
  Type.Optional(Type.String({ description, format: 'date-time', maxLength: 100 }));

const contactSchema = Type.Object({
  email: text('One of email, userId, crmId is required'),
  userId: id('Of a user'),
  crmId: id('Of the contact in the CRM'),
  role: Type.String({ description: 'On the buying committee', minLength: 1, maxLength: 100 }),
});

const opportunitySchema = Type.Object(
  {
    messageId: Type.Optional(
      anyOf<string | number | null>(['string', 'number', 'null'], {
        description: 'The same for every try; else it is made from the content',
        maxLength: MESSAGE_ID_LENGTH,
      }),
    ),
    opportunityId: Type.String({ description: 'In the CRM', minLength: 1, maxLength: 200 }),
    occurredAt: Type.Optional(
      advisory(Type.String({ description: 'Since when it is so', format: 'date-time' })),
    ),
    name: text('As people read it', 500),
    accountId: text('The company'),
    amount: text('Decimal text'),
    currency: Type.Optional(Type.String({ description: 'ISO 4217', minLength: 3, maxLength: 3 })),
    stage: text('Of the seller'),
    owner: text('The salesperson'),
    source: text('Lead source in the CRM'),
    openedAt: time('When it was opened'),
    status: Type.Optional(
      Type.Unsafe<'open' | 'won' | 'lost' | 'deleted'>({ enum: ['open', 'won', 'lost', 'deleted'] }),
    ),
    closedAt: time('When it was closed, or is expected to be'),
    reason: text('Why it was won or lost', 1_000),
    contacts: Type.Optional(Type.Array(contactSchema, { description: 'The whole committee', maxItems: 200 })),
  },
  { description: 'An opportunity as the CRM has it: what is left out stays as it is, null clears it' },
);
type ReportedOpportunity = Readonly<Static<typeof opportunitySchema>>;

const checkOpportunity = checker(opportunitySchema);

/** A report of an opportunity: imported from files, so it has no endpoints. */
export const opportunity: Format = {
  name: 'opportunity',
  requestBytes: 1024 * 1024,
  requestItems: 1_000,
  endpoints: [],
  rows: { call: 'opportunities', decode: (_, body) => decodeOneOrMore(body, 'an opportunity') },
  schema: opportunitySchema,

  read(item, reading) {
    return checkOpportunity(item) ?? message(item as ReportedOpportunity, reading);
  },
};

function message(item: ReportedOpportunity, reading: Reading): Message | Rejected {
  const { messageId, occurredAt, contacts, closedAt: closeDate, ...fields } = item;
  const committee = contacts && committeeOf(contacts, reading);
  if (committee && isRejected(committee)) return committee;
  const { opportunityId, name, accountId, amount, currency, stage, owner, source, openedAt, status, reason } =
    fields;
  const report: OpportunityReport = {
    opportunityId,
    ...defined({ name, accountId, amount, currency, stage, owner, source, openedAt, status, reason }),
    ...defined({ closeDate, committee }),
  };
  return {
    messageId: messageIdOf(messageId),
    time: { originalTimestamp: occurredAt, path: 'occurredAt' },
    facts: [],
    opportunities: [report],
  };
}

function committeeOf(
  contacts: NonNullable<ReportedOpportunity['contacts']>,
  reading: Reading,
): readonly Pick<Contact, 'keys' | 'role'>[] | Rejected {
  const committee: Pick<Contact, 'keys' | 'role'>[] = [];
  for (const [index, contact] of contacts.entries()) {
    const path = `contacts.${index}`;
    const user = idOf(contact.userId, `${path}.userId`, reading);
    if (user !== undefined && typeof user !== 'string') return user;
    const crm = idOf(contact.crmId, `${path}.crmId`, reading);
    if (crm !== undefined && typeof crm !== 'string') return crm;
    const keys = keysOf({ user, crm, email: emailOf(contact.email, `${path}.email`, reading) });
    if (keys.length === 0)
      return reject('identity-missing', 'one of email, userId, crmId is required', `${path}.email`);
    committee.push({ keys: [...keys], role: contact.role });
  }
  return committee;
}
