import { COLLECTOR_ID } from '../../credentials.js';
import type { Endpoint, Operation, Reply } from '../../format.js';
import { json } from '../../openapi-parts.js';

export const EMAIL_TAG = { name: 'Collect: e-mail', description: 'Webhooks of mail providers and own links' };

/** What a provider sends again until it is answered 2xx: a rejected item is kept, and sending it again would not help. */
const RECEIVED: Reply = { contentType: 'text/plain; charset=utf-8', body: 'ok' };

const received = (description: string) => ({
  200: { description, content: { 'text/plain': { schema: { type: 'string' as const }, example: 'ok' } } },
});

/** The body of the requests: the name of its schema and an example. */
interface Sent {
  readonly schema: string;
  readonly example: unknown;
}

interface Webhook extends Pick<Endpoint, 'decode' | 'verify'> {
  readonly provider: string;
  readonly title: string;
  readonly body: Sent;
  readonly contentType?: string;
}

export const collectorParameter: NonNullable<Operation['parameters']>[number] = {
  ...{ name: 'collector', in: 'path', required: true, schema: { type: 'string' } },
  description: 'The id of the collector',
};

/** `POST /webhooks/<provider>/:collector`. */
export const webhook = ({ provider, title, body, contentType, ...steps }: Webhook): Endpoint => ({
  method: 'POST',
  path: `/webhooks/${provider}/:collector`,
  call: provider,
  credential: COLLECTOR_ID,
  ...steps,
  reply: () => RECEIVED,
  operation: {
    tags: [EMAIL_TAG.name],
    operationId: `${provider}Webhook`,
    summary: `Events of ${title}`,
    parameters: [collectorParameter],
    requestBody: { required: true, content: bodyContent(body, contentType) },
    responses: received('Durable: each event is in the log or kept as rejected'),
  },
});

function bodyContent({ schema, example }: Sent, contentType: string | undefined): ReturnType<typeof json> {
  const content = json(schema, example);
  if (contentType === undefined) return content;
  return { [contentType]: content['application/json'] } as unknown as ReturnType<typeof json>;
}

/** A request by which a provider asks whether the address is there, before it sends events. */
export const validation = (provider: string, title: string, method: 'GET' | 'HEAD'): Endpoint => ({
  method,
  path: `/webhooks/${provider}/:collector`,
  call: `${provider}-${method.toLowerCase()}`,
  credential: COLLECTOR_ID,
  decode: () => ({ reply: RECEIVED }),
  reply: () => RECEIVED,
  operation: {
    tags: [EMAIL_TAG.name],
    operationId: `${provider}Webhook${method === 'GET' ? 'Check' : 'Head'}`,
    summary: `${title} asks whether the address is there`,
    parameters: [collectorParameter],
    responses: received('It is'),
  },
});
