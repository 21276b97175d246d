import type { ConsentStatus } from '../../domain/events.js';
import { CONSENT_STATUSES } from '../../domain/events.js';
import type { IdentityKey } from '../../domain/identity/keys.js';
import { domainOf } from '../address.js';
import { decodeOneOrMore } from '../decode.js';
import type { Fact, Format, Message } from '../format.js';
import { emailIn, emailOf, idOf, ID_LENGTH, keysOf, MESSAGE_ID_LENGTH, messageIdOf } from '../identities.js';
import { resolveIds } from '../mapped-ids.js';
import { isRejected, reject, type Rejected } from '../outcome.js';
import type { Reading } from '../reading.js';
import { advisory, anyOf, checker, nullableObject, nullableText, type Static, Type } from '../schema.js';
import { defined, labelOf, nonEmpty, objectOr, text } from '../values.js';

const id = (description: string) =>
  Type.Optional(
    anyOf<string | number | null>(['string', 'number', 'null'], { description, maxLength: ID_LENGTH }),
  );

const contactSchema = Type.Object(
  {
    messageId: Type.Optional(
      anyOf<string | number | null>(['string', 'number', 'null'], {
        description: 'The same for every try; else it is made from the content',
        maxLength: MESSAGE_ID_LENGTH,
      }),
    ),
    occurredAt: Type.Optional(
      advisory(Type.String({ description: 'Since when it is so', format: 'date-time' })),
    ),
    userId: id('Of a user'),
    crmId: id('Of the contact in the CRM'),
    email: Type.Optional(nullableText('Of the person')),
    accountId: id('The company'),
    accountName: Type.Optional(nullableText('Its name')),
    accountDomain: Type.Optional(nullableText('Its domain or web site')),
    traits: Type.Optional(nullableObject('What is known about the person')),
    list: Type.Optional(nullableText('The list that the person stands in; it becomes the trait `list`')),
    optedOut: Type.Optional(anyOf<boolean | null>(['boolean', 'null'], { description: 'Wants no mail' })),
    consent: Type.Optional(
      Type.Unsafe<ConsentStatus | null>({
        enum: [...CONSENT_STATUSES, null],
        description: 'Whether the person wants mail; `subscribed` counts with `consentAt` only',
      }),
    ),
    consentAt: Type.Optional(
      advisory(
        Type.String({ description: 'Since when the person wants mail, or none', format: 'date-time' }),
      ),
    ),
  },
  { description: 'A person with all keys that are known; one of email, userId, crmId is required' },
);
type Contact = Readonly<Static<typeof contactSchema>>;

const checkContact = checker(contactSchema);

/** A person as a list of contacts has it: imported from files, so it has no endpoints. */
export const contact: Format = {
  name: 'contact',
  requestBytes: 1024 * 1024,
  requestItems: 2_500,
  endpoints: [],
  rows: { call: 'contacts', decode: (_, body) => decodeOneOrMore(body, 'a contact') },
  schema: contactSchema,

  read(item, reading) {
    return checkContact(item) ?? message(item as Contact, reading);
  },
};

function message(item: Contact, reading: Reading): Message | Rejected {
  const user = idOf(item.userId, 'userId', reading);
  if (user !== undefined && typeof user !== 'string') return user;
  const crm = idOf(item.crmId, 'crmId', reading);
  if (crm !== undefined && typeof crm !== 'string') return crm;
  const accountId = idOf(item.accountId, 'accountId', reading);
  if (accountId !== undefined && typeof accountId !== 'string') return accountId;
  const email = emailOf(item.email, 'email', reading) ?? emailIn(user);
  const found =
    nonEmpty(defined({ user, email, crm })) ??
    reject('identity-missing', 'one of email, userId, crmId is required', 'email');
  const ids = resolveIds(found, () => ({}), reading);
  if (isRejected(ids)) return ids;
  const identity = keysOf(ids);
  const named = defined({ company: labelOf(item.accountName), list: labelOf(item.list) });
  const traits = nonEmpty({ ...named, ...objectOr(item.traits) });
  const claim: Fact = {
    ...{ type: 'IdentityClaimed', stream: `identity-${identity[0]}` },
    data: { identity, ...defined({ traits, accountId }) },
  };
  return {
    messageId: messageIdOf(item.messageId),
    time: { originalTimestamp: item.occurredAt, path: 'occurredAt' },
    facts: [
      claim,
      ...(accountId === undefined ? [] : accountFacts(accountId, item)),
      ...consentFacts(identity, item),
    ],
  };
}

/**
 * Who opted out is struck, since the day that the list says, else since that of the row. A list that is years old does not bring
 * back who opted out meanwhile: consent counts where the list says when it was given.
 */
function consentFacts(
  identity: readonly IdentityKey[],
  { optedOut, consent, consentAt }: Contact,
): readonly Fact[] {
  const status = optedOut === true ? 'unsubscribed' : (consent ?? undefined);
  if (status === undefined) return [];
  return [
    {
      ...{ type: 'ConsentChanged', stream: `identity-${identity[0]}`, part: 'consent' },
      data: { identity, channel: 'email', status, reason: 'list' },
      time: { timestamp: consentAt, path: 'consentAt' },
      needsTime: status === 'subscribed',
    },
  ];
}

function accountFacts(accountId: string, { accountName, accountDomain }: Contact): readonly Fact[] {
  const known = nonEmpty(
    defined({ name: labelOf(accountName), domain: domainOf(text(accountDomain, 2_048)) }),
  );
  if (!known) return [];
  return [
    {
      type: 'AccountObserved',
      stream: `account-${accountId}`,
      part: 'account',
      data: { accountId, ...known },
    },
  ];
}
