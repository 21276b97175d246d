import { type TSchema, Type } from 'typebox';
import { type MessageType } from './message.js';

export type SchemaExamples = Readonly<Record<MessageType, object>>;

const text = (description: string) => Type.String({ description });
const time = (description: string) => Type.String({ format: 'date-time', description });

/** Of every message. */
const lead = {
  leadId: text('The lead when it happened; `GET /api/leads/{id}` finds it also after a merge'),
  eventId: text('Of the event in the log that says so: the same for every endpoint'),
  position: text('Of the event in the log: of two messages of a lead the later one has the higher position'),
};
const cycle = Type.Integer({
  minimum: 1,
  description: 'A recycled lead that qualifies again begins the next',
});
const recipient = Type.Object(
  { id: Type.String(), kind: Type.Enum(['rep', 'partner', 'distributor']) },
  { description: 'To whom it was handed off' },
);
const dueBy = time('By when the recipient must act');
const by = text('Who decided');
const modelVersion = Type.Integer({ description: 'Of the journey model that decided' });
const reason = text('Why');

const handOff = { ...lead, cycle, handOffId: text('Event id of the `lead.handed_off`'), recipient, dueBy };
const segment = { ...lead, segment: text('Name of the segment'), modelVersion };

/** `data` of each type of message. Later versions may add fields. */
const DATA: Readonly<Record<MessageType, readonly [summary: string, fields: Record<string, TSchema>]>> = {
  'lead.qualified': [
    'A lead met the lead definition of its persona',
    {
      ...{ ...lead, cycle, modelVersion },
      ...{ persona: Type.Optional(Type.String()), stage: Type.Optional(Type.String()) },
      ...{ score: Type.Number(), grade: text('Fit, A to F') },
      reasons: Type.Array(Type.String(), { description: 'One for each part of the definition' }),
    },
  ],
  'lead.handed_off': [
    'A lead was handed off to a salesperson, partner or distributor',
    {
      ...{ ...lead, cycle, modelVersion, recipient, rule: text('The routing rule that chose the recipient') },
      ...{ dueBy, warnAt: Type.Optional(time('When `lead.about_to_rot` is due')) },
      serviceLevel: Type.Optional(text('The service level of the journey model that `dueBy` follows from')),
      ...{ by: Type.Optional(text('Who assigned it; absent: routing did')), reason: Type.Optional(reason) },
    },
  ],
  'lead.accepted': ['The recipient accepted the lead', { ...lead, cycle, by }],
  'lead.recycled': [
    'A lead went back to marketing',
    {
      ...{ ...lead, cycle, by: Type.Optional(by), reason },
      wakeAt: Type.Optional(time('It can qualify again from then on')),
      wakeWhen: Type.Optional(
        Type.Object({}, { additionalProperties: true, description: 'Or once this behaviour is seen' }),
      ),
    },
  ],
  'lead.disqualified': ['A lead was disqualified', { ...lead, cycle, by: Type.Optional(by), reason }],
  'lead.about_to_rot': ['Nobody has worked on a lead, and the time to warn has come', handOff],
  'lead.rotten': ['Nobody has worked on a lead by the time that it was due', handOff],
  'segment.entered': ['A lead entered a segment', segment],
  'segment.left': ['A lead left a segment', segment],
};

/** The message of each type with what it says, by type. */
export const MESSAGE_SCHEMAS: Readonly<
  Record<string, { readonly summary: string; readonly schema: TSchema }>
> = Object.fromEntries(
  Object.entries(DATA).map(([type, [summary, fields]]) => {
    const data = Type.Object(fields, { additionalProperties: true });
    const timestamp = time('When it happened');
    return [type, { summary, schema: Type.Object({ type: Type.Literal(type), timestamp, data }) }];
  }),
);
