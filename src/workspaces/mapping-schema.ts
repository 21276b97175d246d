import { type Static, Type } from 'typebox';
import { TOUCHPOINT_KINDS, type TouchpointKind } from '../domain/touchpoint.js';
import type { ValueTest } from '../domain/model/journey-model.js';

const closed = { additionalProperties: false } as const;

const oneOrMore = (description: string) =>
  Type.Union(
    [
      Type.String({ minLength: 1, maxLength: 512 }),
      Type.Array(Type.String({ minLength: 1, maxLength: 512 }), { minItems: 1, maxItems: 100 }),
    ],
    { description },
  );

const kind = Type.Unsafe<TouchpointKind>({ enum: [...TOUCHPOINT_KINDS] });
const scalar = { type: ['string', 'number', 'boolean'] };

/** As conditions of the journey model test a value. */
export const valueTest = Type.Unsafe<ValueTest>({
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    is: { anyOf: [scalar, { type: 'array', items: scalar, maxItems: 100 }] },
    words: {
      type: 'array',
      items: { type: 'string', pattern: '\\S', maxLength: 128 },
      minItems: 1,
      maxItems: 100,
    },
    atLeast: { type: 'number' },
    atMost: { type: 'number' },
    known: { type: 'boolean' },
  },
});

/** What an item must be for a rule to apply; all parts that are given must hold. */
const condition = Type.Object(
  {
    event: Type.Optional(oneOrMore('Name of the event; `*` stands for any characters, case does not matter')),
    url: Type.Optional(oneOrMore('Address of the page, as patterns of the content catalogue: `/pricing/**`')),
    kind: Type.Optional(
      Type.Union([kind, Type.Array(kind, { minItems: 1 })], { description: 'As read without the mapping' }),
    ),
    fields: Type.Optional(
      Type.Record(Type.String({ maxLength: 256 }), valueTest, {
        ...{ maxProperties: 20 },
        description: 'Fields of the item as it was sent, by dotted path: `properties.form_id`',
      }),
    ),
  },
  { ...closed, description: 'Absent: every item' },
);

const text = (description: string) =>
  Type.Union(
    [
      Type.String({ minLength: 1, maxLength: 512 }),
      Type.Object({ path: Type.String({ minLength: 1, maxLength: 256 }) }, closed),
    ],
    { description: `${description}: a text, or the path of a field of the item` },
  );

const assignments = Type.Object(
  {
    kind: Type.Optional(kind),
    name: Type.Optional(text('Name of the touchpoint')),
    source: Type.Optional(text('Lead source')),
    medium: Type.Optional(text('Medium')),
    campaign: Type.Optional(text('Campaign')),
    accountId: Type.Optional(text('Account')),
    opportunityId: Type.Optional(text('Opportunity of which the person is a contact')),
    content: Type.Optional(
      Type.Object(
        {
          id: Type.Optional(text('Content id')),
          url: Type.Optional(text('Address of the content')),
          title: Type.Optional(text('Title')),
          type: Type.Optional(text('Content type')),
        },
        { ...closed, minProperties: 1 },
      ),
    ),
    identity: Type.Optional(
      Type.Object(
        {
          userId: Type.Optional(text('User id')),
          email: Type.Optional(text('E-mail address')),
          crmId: Type.Optional(text('Id in the CRM')),
          anonymousId: Type.Optional(text('Anonymous id')),
        },
        { ...closed, minProperties: 1, description: 'Where the item itself names nobody' },
      ),
    ),
  },
  { ...closed, minProperties: 1 },
);

const rule = Type.Object({ when: Type.Optional(condition), set: assignments }, closed);

/** So many rules are tried on every item of a collector. */
export const MAX_MAPPING_RULES = 200;

/** Rules apply in order; of the rules that set a field, the first decides it. */
export const mappingSchema = Type.Array(rule, { maxItems: MAX_MAPPING_RULES });

export type MappingRule = Readonly<Static<typeof rule>>;
export type Mapping = readonly MappingRule[];
/** A text, or where the item has it. */
export type MappedText = string | { readonly path: string };
