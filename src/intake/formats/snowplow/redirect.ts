import { isListedHost } from '../../../workspaces/collector-settings.js';
import type { Decoded, Reply, RequestHead } from '../../format.js';
import { reject } from '../../outcome.js';
import { cookieHeaders, withBrowser } from './browser.js';
import { decodeQuery } from './request.js';

const schemaOf = (name: string): string => `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/1-0-0`;

/** The one address that the link names, where the collector allows its host. */
function targetOf({ query, collector }: RequestHead): URL | undefined {
  const [target = '', ...others] = new URLSearchParams(query).getAll('u');
  const url = others.length === 0 ? URL.parse(target) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  return isListedHost(url.host, collector?.settings.redirectHosts) ? url : undefined;
}

/** A click, as Snowplow’s collector reports it: the event of the query, else one of its own. */
export function decodeRedirect(head: RequestHead): Decoded {
  const url = targetOf(head);
  if (!url)
    return reject(
      'redirect-not-allowed',
      'must be one http or https address of a host among the redirectHosts of the collector',
      'u',
    );
  const { u: _, ...event } = decodeQuery(head);
  const uri = { schema: schemaOf('uri_redirect'), data: { uri: url.href } };
  const click = { e: 'ue', ue_pr: { schema: schemaOf('unstruct_event'), data: uri } };
  const item = event.e === undefined ? click : { url: url.href };
  return { items: withBrowser(head, [{ p: 'web', ...item, ...event }]) };
}

export const redirectReply = (head: RequestHead): Reply => ({
  status: 302,
  headers: { location: targetOf(head)?.href ?? '/', 'cache-control': 'no-store', ...cookieHeaders(head) },
});
