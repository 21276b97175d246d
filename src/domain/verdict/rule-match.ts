import { anyUrl } from '../content.js';
import { keyValue } from '../identity/keys.js';
import { networkTest } from '../network.js';
import type { Touchpoint } from '../touchpoint.js';
import type { VerdictMatch } from './rule.js';

/** What a rule looks at. */
export interface RuledEvent {
  readonly id: string;
  readonly occurredAt: Date;
  readonly collector?: string;
  readonly data: Touchpoint;
}

type Test = (event: RuledEvent) => boolean;

export function matchTest(match: VerdictMatch): Test {
  const parts: Test[] = [];
  const { networks, userAgents, kinds, collectors, emailDomains, urls, from, to, eventIds } = match;
  if (networks) {
    const isInside = networkTest(networks);
    parts.push(({ data: { context } }) => context?.ip !== undefined && isInside(context.ip));
  }
  if (userAgents) {
    const wanted = userAgents.map((part) => part.toLowerCase());
    parts.push(({ data: { context } }) => {
      const agent = context?.userAgent?.toLowerCase();
      return agent !== undefined && wanted.some((part) => agent.includes(part));
    });
  }
  if (kinds) parts.push(({ data: { kind } }) => kinds.includes(kind));
  if (collectors) {
    const names = new Set(collectors);
    parts.push(({ collector = '' }) => names.has(collector));
  }
  if (emailDomains) {
    const domains = new Set(emailDomains.map((domain) => domain.toLowerCase()));
    parts.push(({ data: { identity } }) => identity.some((key) => isOfDomain(key, domains)));
  }
  if (urls) {
    const matches = anyUrl(urls);
    parts.push(({ data: { content } }) => matches(content?.url));
  }
  if (from !== undefined) parts.push(({ occurredAt }) => +occurredAt >= Date.parse(from));
  if (to !== undefined) parts.push(({ occurredAt }) => +occurredAt < Date.parse(to));
  if (eventIds) {
    const ids = new Set(eventIds);
    parts.push(({ id }) => ids.has(id));
  }
  return (event) => parts.every((part) => part(event));
}

/** Whether the address is of one of the domains, or of a subdomain: one look-up for each of its labels. */
function isOfDomain(key: Touchpoint['identity'][number], domains: ReadonlySet<string>): boolean {
  if (!key.startsWith('email:')) return false;
  let host = keyValue(key).slice(keyValue(key).lastIndexOf('@') + 1);
  while (!domains.has(host)) {
    const dot = host.indexOf('.');
    if (dot < 0) return false;
    host = host.slice(dot + 1);
  }
  return true;
}
