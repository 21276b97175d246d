import { checker, nullableText, oneOf, type Static, Type } from '../../schema.js';
import type { JsonObject } from '../../json.js';

const name = (description: string) => Type.String({ minLength: 1, maxLength: 1024, description });

/** A CloudEvent in its structured form. */
export const cloudEventSchema = Type.Object({
  specversion: oneOf(['1.0'], 'Of CloudEvents'),
  id: name('Unique together with the source'),
  source: name('Who sends it, as a URI reference'),
  type: name('What it is about'),
  subject: Type.Optional(nullableText('What of the source it is about')),
  time: Type.Optional(
    nullableText('When it happened, unless the touchpoint says it', { format: 'date-time' }),
  ),
  datacontenttype: Type.Optional(nullableText('Of `data`: JSON')),
  data: Type.Optional(
    Type.Unknown({
      description: 'A touchpoint, or anything from which the mapping of the collector makes one',
    }),
  ),
  data_base64: Type.Optional(nullableText('The same in base64')),
});

export type CloudEvent = Readonly<Static<typeof cloudEventSchema>> & JsonObject;

export const checkCloudEvent = checker(cloudEventSchema);
