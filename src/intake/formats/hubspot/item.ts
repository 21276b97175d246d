import { hash } from 'node:crypto';
import { advisory, anyOf, checker, type Static, Type } from '../../schema.js';
import type { Field } from '../crm/objects.js';

const id = (description: string) => anyOf<string | number>(['integer', 'string'], { description });
const objectIdOf = (description: string) => Type.Optional(id(description));

/** One notification of HubSpot's webhooks: developers.hubspot.com/docs/api-reference/legacy/webhooks/guide. */
export const hubSpotSchema = Type.Object(
  {
    eventId: Type.Optional(id('Not unique by itself')),
    subscriptionId: Type.Optional(id('Of the subscription')),
    portalId: Type.Optional(id('The HubSpot account')),
    occurredAt: advisory({ type: 'integer', description: 'When it happened, Unix time in ms' }),
    subscriptionType: Type.String({
      maxLength: 100,
      description: 'What happened: `contact.propertyChange`, `object.associationChange`',
    }),
    objectTypeId: Type.Optional(
      Type.String({ maxLength: 40, description: 'Of `object.*`: `0-1` is a contact' }),
    ),
    objectId: objectIdOf('Of the object'),
    propertyName: Type.Optional(Type.String({ maxLength: 256 })),
    propertyValue: Type.Optional(advisory({ type: 'string' })),
    changeSource: Type.Optional(advisory({ type: 'string' })),
    attemptNumber: Type.Optional(advisory({ type: 'integer', description: 'Of the same notification' })),
    associationType: Type.Optional(Type.String({ maxLength: 100, description: '`DEAL_TO_CONTACT`' })),
    fromObjectTypeId: Type.Optional(Type.String({ maxLength: 40 })),
    toObjectTypeId: Type.Optional(Type.String({ maxLength: 40 })),
    fromObjectId: objectIdOf('Of the association'),
    toObjectId: objectIdOf('Of the association'),
    associationRemoved: Type.Optional(Type.Boolean()),
    isPrimaryAssociation: Type.Optional(Type.Boolean()),
    primaryObjectId: objectIdOf('Of a merge: the object that the others went into'),
    newObjectId: objectIdOf('Of a merge: its id afterwards'),
    mergedObjectIds: Type.Optional(Type.Array(id('Of a merge'), { maxItems: 200 })),
  },
  { additionalProperties: true, description: 'A notification of HubSpot' },
);

export type HubSpotItem = Readonly<Static<typeof hubSpotSchema>>;

export const checkHubSpotItem = checker(hubSpotSchema);

export const HUBSPOT_OBJECTS = ['contact', 'company', 'deal', 'call', 'meeting', 'email'] as const;
export type HubSpotObject = (typeof HUBSPOT_OBJECTS)[number];

const TYPE_IDS: Readonly<Record<string, HubSpotObject>> = {
  '0-1': 'contact',
  '0-2': 'company',
  '0-3': 'deal',
  '0-47': 'meeting',
  '0-48': 'call',
  '0-49': 'email',
};
const NAMES: Readonly<Record<string, HubSpotObject>> = {
  ...Object.fromEntries(HUBSPOT_OBJECTS.map((name) => [name, name])),
  meeting_event: 'meeting',
};

const lookUp = (
  table: Readonly<Record<string, HubSpotObject>>,
  name: string | undefined,
): HubSpotObject | undefined => (name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined);

/** The type of the object, or of an end of an association; undefined: one that says nothing about buyers. */
export const objectOfId = (typeId: string | undefined) => lookUp(TYPE_IDS, typeId);
export const objectNamed = (name: string | undefined) => lookUp(NAMES, name?.toLowerCase());

/** The same for every attempt to send the notification: HubSpot's event ids are not unique. */
export function hubSpotMessageId(item: HubSpotItem): string {
  const { attemptNumber: _, ...same } = item;
  return `${item.eventId ?? ''}-${hash('sha256', JSON.stringify(same), 'base64url')}`.slice(-100);
}

/** A field of a notification. */
export const field = (item: HubSpotItem, path: keyof HubSpotItem): Field => ({ value: item[path], path });
export const objectId = (item: HubSpotItem): Field => field(item, 'objectId');
export const timeOf = ({ occurredAt }: HubSpotItem) => ({ timestamp: occurredAt, path: 'occurredAt' });
