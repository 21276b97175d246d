import { isIP } from 'node:net';
import { isPublicAddress, networkTest } from '../domain/network.js';
import { Refused } from '../domain/refused.js';
import type { WebhookConfig } from '../webhooks-config.js';

const MAX_LENGTH = 2_048;

/** Which addresses may be connected to: public ones, and those that the operator allows. */
export function addressTest({
  allowedNetworks,
}: Pick<WebhookConfig, 'allowedNetworks'>): (address: string) => boolean {
  const isAllowed = networkTest(allowedNetworks);
  return (address) => isPublicAddress(address) || isAllowed(address);
}

/** The address that a URL names instead of a host, without the brackets of IPv6; undefined: it names a host. */
export function literalAddress({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : host;
}

/**
 * Checks where a webhook is to be sent. What a name stands for is checked at every connection.
 *
 * @returns the URL as it is sent to
 * @throws Refused `webhook-url-invalid`
 */
export function checkTargetUrl(text: string, policy: WebhookConfig): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fault = url === undefined ? 'must be a URL' : faultOf(url, policy);
  if (url !== undefined && fault === undefined) return url.href;
  throw new Refused('webhook-url-invalid', fault ?? 'must be a URL', 'url');
}

function faultOf(url: URL, policy: WebhookConfig): string | undefined {
  const address = literalAddress(url);
  if (url.protocol !== 'https:' && !(policy.allowHttp && url.protocol === 'http:'))
    return `must begin with https://${policy.allowHttp ? ' or http://' : ''}`;
  if (url.username !== '' || url.password !== '') return 'must not have a user name or password';
  if (url.hash !== '') return 'must not have a fragment';
  if (url.href.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  if (address !== undefined && !addressTest(policy)(address))
    return `must not lead to the internal address ${address}; TOUCHLINE_WEBHOOK_NETWORKS allows some`;
  return undefined;
}
