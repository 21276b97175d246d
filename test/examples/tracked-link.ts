import { writeKey } from '../../src/intake/credentials.js';
import {
  type Decoded,
  type Format,
  type Message,
  type Reply,
  type RequestHead,
} from '../../src/intake/format.js';
import { query } from '../../src/intake/openapi-parts.js';
import { reject, type Rejected } from '../../src/intake/outcome.js';
import { checker, type Static, Type } from '../../src/intake/schema.js';

const clickSchema = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100, description: 'Of this click' }),
  to: Type.String({ description: 'Where it leads' }),
  user: Type.String({ minLength: 1, description: 'Who was sent the link' }),
  campaign: Type.Optional(Type.String({ description: 'Of the mail' })),
});

const check = checker(clickSchema);

/** What a company has set up. */
export interface LinkSettings {
  /** Links lead to these hosts alone: else anybody could dress up an address as one of ours. */
  readonly hosts: ReadonlySet<string>;
  readonly campaigns: ReadonlySet<string>;
}

/** A wire format of one file: links in mails, of which a click is a GET that is recorded and redirected. */
export const trackedLink = ({ hosts, campaigns }: LinkSettings): Format => ({
  name: 'example_link',
  requestBytes: 1024,
  requestItems: 1,
  schema: clickSchema,
  schemas: { ExampleClick: clickSchema },
  tags: [{ name: 'Collect: links', description: 'Links in mails' }],
  endpoints: [
    {
      method: 'GET',
      path: '/example/link/:key',
      call: 'link',
      credential: { inHead: ({ params }) => writeKey(params.key), schemes: [] },
      decode: (head) => decodeClick(head, hosts),
      reply: (_, head) => redirect(head),
      // A reader of the mail has to get on, though the key of its sender was revoked.
      refuse: (_, head) => (leadsTo(head, hosts) ? redirect(head) : undefined),
      operation: {
        tags: ['Collect: links'],
        operationId: 'exampleLink',
        summary: 'A click on a link in a mail',
        parameters: [
          {
            name: 'key',
            in: 'path',
            required: true,
            description: 'The write key',
            schema: { type: 'string' },
          },
          ...Object.entries(clickSchema.properties).map(([name, schema]) =>
            query(name, 'A field of the click', schema),
          ),
        ],
        responses: { 302: { description: 'Recorded, or kept as rejected', headers: { location: {} } } },
      },
    },
    {
      method: 'OPTIONS',
      path: '/example/link/:key',
      call: 'link-handshake',
      credential: { inHead: ({ params }) => writeKey(params.key), schemes: [] },
      decode: ({ headers }) => ({
        reply: { headers: { 'webhook-allowed-origin': String(headers['webhook-request-origin']) } },
      }),
      reply: () => ({}),
      operation: {
        tags: ['Collect: links'],
        operationId: 'exampleLinkHandshake',
        summary: 'A sender asks whether it may send',
        responses: { 200: { description: 'It may' } },
      },
    },
  ],

  read(item) {
    const fault = check(item);
    return fault ?? meaningOf(item as Static<typeof clickSchema>, campaigns);
  },
});

const fieldsOf = ({ query: text }: RequestHead): Partial<Record<string, string>> =>
  Object.fromEntries(new URLSearchParams(text));

const leadsTo = (head: RequestHead, hosts: ReadonlySet<string>): boolean =>
  hosts.has(URL.parse(fieldsOf(head).to ?? '')?.host ?? '');

const redirect = (head: RequestHead): Reply => ({
  status: 302,
  headers: { location: fieldsOf(head).to ?? '/' },
});

function decodeClick(head: RequestHead, hosts: ReadonlySet<string>): Decoded {
  const fields = fieldsOf(head);
  if (!leadsTo(head, hosts))
    return reject('redirect-not-allowed', `must lead to ${[...hosts].join(' or ')}`, 'to');
  return { items: [fields], isSingle: true };
}

function meaningOf(
  { id, to, user, campaign }: Static<typeof clickSchema>,
  campaigns: ReadonlySet<string>,
): Message | Rejected {
  if (campaign !== undefined && !campaigns.has(campaign))
    return reject('unknown-campaign', `must be one of ${[...campaigns].join(', ')}`, 'campaign');
  return {
    messageId: id,
    time: { path: 'id' },
    facts: [
      {
        type: 'TouchpointRecorded',
        stream: `touchpoints-user:${user}`,
        data: {
          ...{ kind: 'email_click', identity: [`user:${user}`], channel: 'email', verdict: 'unknown' },
          ...{ content: { url: to }, ...(campaign === undefined ? {} : { campaign }) },
        },
      },
    ],
  };
}
