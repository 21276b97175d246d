import type { TouchpointKind } from '../../domain/touchpoint.js';
import { isListedHost } from '../../workspaces/collector-settings.js';
import { addressOf } from '../address.js';
import type { Endpoint, Format, Message, RequestHead, SignedRequest } from '../format.js';
import { emailOf, type Ids, optionalId } from '../identities.js';
import type { JsonObject } from '../json.js';
import { resolveIds } from '../mapped-ids.js';
import { isRejected, reject, type Refusal, type Rejected } from '../outcome.js';
import type { Reading } from '../reading.js';
import { type RequestSignals, requestSignals } from '../request-signals.js';
import { checker, type Static, Type } from '../schema.js';
import { buildTouchpoint, touchpointFacts } from '../touchpoint.js';
import { defined, labelOf, nonEmpty, objectOr, text } from '../values.js';
import { field } from './email/fields.js';
import { EMAIL_TAG } from './email/webhook.js';
import { pixel, redirectTo, refusalPage } from './links/pages.js';
import { collectorOf, type Link, LINK_TYPES, openLink } from './links/token.js';

/** One load of a picture or a link. */
const loadSchema = Type.Object({
  id: Type.String({ minLength: 1, description: 'Of this request alone: each load is an event of its own' }),
  link: Type.Object({ type: Type.String({ enum: [...LINK_TYPES] }), expiresAt: Type.Integer() }),
  request: Type.Object({
    method: Type.String(),
    isPrefetch: Type.Boolean({ description: 'The request says that it loads ahead' }),
    isHoneypot: Type.Boolean(),
  }),
  userAgent: field('string', 'Of who loaded it'),
  ip: field('string', 'Likewise'),
});

type Load = Static<typeof loadSchema> & { readonly link: Link; readonly request: RequestSignals };

const check = checker(loadSchema);

/** For the person who followed the link. */
const page = (description: string) => ({ description, content: { 'text/html': {} } });

const EXPIRED_RESPONSE = { description: 'The token has expired' };

/** Own pictures and links in mails, made by `POST /api/links`; the token itself says where it leads. */
export const links: Format = {
  name: 'links',
  requestBytes: 1024,
  requestItems: 1,
  schema: loadSchema,
  endpoints: [
    load('GET', '/o/:token.gif', 'open', 'The picture of a mail was loaded'),
    load('HEAD', '/o/:token.gif', 'open-head', 'A machine asked for the picture of a mail'),
    load('GET', '/c/:token', 'click', 'A link in a mail was followed'),
    load('HEAD', '/c/:token', 'click-head', 'A machine asked where a link in a mail leads'),
  ],

  read(item, reading) {
    const fault = check(item);
    return fault ?? message(item as Load, reading);
  },
};

function load(method: 'GET' | 'HEAD', path: string, call: string, summary: string): Endpoint {
  const isClick = path.startsWith('/c/');
  return {
    ...{ method, path, call, recordsLater: true },
    credential: {
      inHead: ({ params }) => ({ kind: 'collector-id', value: collectorOf(params.token ?? '') ?? '' }),
      schemes: [],
    },
    verify: (request) => verifyLink(request, isClick),
    decode: (head) => ({ items: [itemOf(head)] }),
    reply: (_, head) => {
      const { url } = linkOf(head) ?? {};
      return url === undefined ? pixel : redirectTo(url);
    },
    ...(isClick && { refuse: refusalPage }),
    operation: {
      tags: [EMAIL_TAG.name],
      operationId: `load${call.replace(/(?:^|-)\w/g, (part) => part.slice(-1).toUpperCase())}`,
      summary,
      parameters: [
        { name: 'token', in: 'path', required: true, description: 'Of the link', schema: { type: 'string' } },
      ],
      responses: isClick
        ? {
            302: { description: 'To the address in the token', headers: { location: {} } },
            410: EXPIRED_RESPONSE,
            403: page('The collector does not lead to this host'),
            404: page('The token is not one of this server, or not whole'),
          }
        : {
            200: { description: 'A transparent picture', content: { 'image/gif': {} } },
            410: EXPIRED_RESPONSE,
          },
    },
  };
}

const opened = new WeakMap<RequestHead, { readonly link: Link | undefined }>();

/** The link of the request's token; undefined: the collector has made none such. */
function linkOf(head: RequestHead): Link | undefined {
  let found = opened.get(head);
  if (!found) {
    found = { link: openLink(head.params.token ?? '', head.collector?.secrets ?? []) };
    opened.set(head, found);
  }
  return found.link;
}

/** Of tokens that are forged, cut, expired or lead where the collector no longer allows nothing is kept. */
function verifyLink({ head, receivedAt }: SignedRequest, isClick: boolean): Refusal | undefined {
  const link = linkOf(head);
  if (!link || isClick !== (link.url !== undefined))
    return { status: 404, code: 'link-unknown', detail: 'The token is not one of this server, or not whole' };
  if (+receivedAt > link.expiresAt * 1000)
    return { status: 410, code: 'link-expired', detail: 'The token has expired' };
  if (link.url === undefined || mayLeadTo(link.url, head.collector?.settings.redirectHosts)) return undefined;
  return { status: 403, code: 'redirect-not-allowed', detail: 'The collector does not lead to this host' };
}

/** Whether a link may lead there: to http and https alone, and to listed hosts, with their ports, where there is a list. */
export function mayLeadTo(address: string, redirectHosts: readonly string[] | undefined): boolean {
  const url = URL.parse(address);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return false;
  return redirectHosts === undefined || isListedHost(url.host, redirectHosts);
}

function itemOf(head: RequestHead): unknown {
  const { headers, method = 'GET', client, id } = head;
  const link = linkOf(head);
  return {
    ...{ id, link, request: requestSignals({ method, headers }, link?.type === 'honeypot') },
    ...{ userAgent: client?.userAgent, ip: client?.address },
  };
}

function message({ id, link, request, userAgent, ip }: Load, reading: Reading): Message | Rejected {
  const kind: TouchpointKind = link.type === 'open' ? 'email_open' : 'email_click';
  const address = addressOf(link.url);
  const ids = resolveIds(recipientOf(link, reading), () => ({ kind, url: address?.canonical }), reading);
  if (isRejected(ids)) return ids;
  const data = buildTouchpoint(
    {
      ...{ kind, ids, address, campaign: link.campaign, request },
      content: nonEmpty(
        defined({
          id: labelOf(link.contentId),
          url: address?.canonical,
          title: labelOf(link.contentTitle, 512),
        }),
      ),
      properties: propertiesOf(link, objectOr(request)),
      context: nonEmpty(defined({ userAgent: text(userAgent, 1024), ip: text(ip) })),
    },
    reading,
  );
  // Neither the message nor the token has a time: it happened when it was received.
  return {
    messageId: id,
    time: { path: 'id' },
    facts: touchpointFacts(data),
  };
}

function recipientOf({ email, userId }: Link, reading: Reading): Ids | Rejected {
  const ids = defined({
    email: emailOf(email, 'link.email', reading),
    user: optionalId(userId, 'link.userId', reading),
  });
  return nonEmpty(ids) ?? reject('identity-missing', 'must name the recipient', 'link.email');
}

const propertiesOf = ({ mailId, url }: Link, { method, isPrefetch, isHoneypot }: JsonObject): JsonObject =>
  defined({
    ...{ mailId, url },
    method: method === 'GET' ? undefined : method,
    prefetch: isPrefetch === true ? true : undefined,
    honeypot: isHoneypot === true ? true : undefined,
  });
