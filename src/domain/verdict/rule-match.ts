import { anyPage, type Page, pageOf } from '../content.js';
import { keyValue } from '../identity/keys.js';
import { memoize } from '../memoize.js';
import { type Network, NetworkTable, parseNetwork } from '../network.js';
import type { Touchpoint } from '../touchpoint.js';
import type { VerdictMatch, VerdictRule } from './rule.js';

/** What a rule looks at. */
export interface RuledEvent {
  readonly id: string;
  readonly occurredAt: Date;
  readonly collector?: string;
  readonly data: Touchpoint;
}

type Test = (event: RuledEvent) => boolean;

/** A rule, ready to be put into a set. */
export interface CompiledRule extends Pick<VerdictRule, 'ruleId' | 'verdict'> {
  readonly networks: readonly Network[] | undefined;
  /** In lower case. */
  readonly userAgents: readonly string[] | undefined;
  readonly isOnPage: ((page: Page) => boolean) | undefined;
  /** Of the parts that cost little, all hold. */
  readonly others: Test;
}

export function compileRule({ ruleId, verdict, match }: VerdictRule): CompiledRule {
  const { networks, userAgents, urls } = match;
  return {
    ...{ ruleId, verdict, others: cheapTest(match) },
    networks: networks?.flatMap((text) => parseNetwork(text) ?? []),
    userAgents: userAgents?.map((part) => part.toLowerCase()),
    isOnPage: urls && anyPage(urls),
  };
}

function cheapTest({ kinds, collectors, emailDomains, from, to, eventIds }: VerdictMatch): Test {
  const parts: Test[] = [];
  if (kinds) parts.push(({ data: { kind } }) => kinds.includes(kind));
  if (collectors) {
    const names = new Set(collectors);
    parts.push(({ collector = '' }) => names.has(collector));
  }
  if (emailDomains) {
    const domains = new Set(emailDomains.map((domain) => domain.toLowerCase()));
    parts.push(({ data: { identity } }) => identity.some((key) => isOfDomain(key, domains)));
  }
  if (from !== undefined) {
    const first = Date.parse(from);
    parts.push(({ occurredAt }) => +occurredAt >= first);
  }
  if (to !== undefined) {
    const end = Date.parse(to);
    parts.push(({ occurredAt }) => +occurredAt < end);
  }
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

const USER_AGENTS = 1_000;
const NONE: ReadonlySet<CompiledRule> = new Set();

/**
 * Rules that are asked together: address, user agent and URL of an event are looked at once, not once a rule. With as many rules
 * and members as may be, that is 10 to 60 times as fast (docs/performance.md).
 */
export class RuleSet {
  #networks: NetworkTable<CompiledRule> | undefined;
  /** Rules by user agent. */
  #ofAgent: ((userAgent: string) => ReadonlySet<CompiledRule>) | undefined;

  /** @param rules the first one that matches decides */
  constructor(readonly rules: readonly CompiledRule[]) {}

  /** The first rule that an event matches. */
  deciding(event: RuledEvent): CompiledRule | undefined {
    const { content, context } = event.data;
    const inNetwork = this.#inNetworkOf(context?.ip);
    const withAgent = this.#withAgent(context?.userAgent);
    let page: Page | undefined;
    return this.rules.find((rule) => {
      if (rule.networks && !inNetwork.has(rule)) return false;
      if (rule.userAgents && !withAgent.has(rule)) return false;
      if (!rule.others(event)) return false;
      if (!rule.isOnPage) return true;
      return content?.url !== undefined && rule.isOnPage((page ??= pageOf(content.url)));
    });
  }

  #inNetworkOf(address: string | undefined): ReadonlySet<CompiledRule> {
    if (address === undefined) return NONE;
    this.#networks ??= tableOf(this.rules);
    return new Set(this.#networks.find(address));
  }

  #withAgent(userAgent: string | undefined): ReadonlySet<CompiledRule> {
    if (userAgent === undefined) return NONE;
    this.#ofAgent ??= memoize(USER_AGENTS, (agent) => withPartOf(this.rules, agent.toLowerCase()));
    return this.#ofAgent(userAgent);
  }
}

function tableOf(rules: readonly CompiledRule[]): NetworkTable<CompiledRule> {
  const table = new NetworkTable<CompiledRule>();
  for (const rule of rules) for (const network of rule.networks ?? []) table.add(network, rule);
  return table;
}

const withPartOf = (rules: readonly CompiledRule[], agent: string): ReadonlySet<CompiledRule> =>
  new Set(rules.filter(({ userAgents }) => userAgents?.some((part) => agent.includes(part))));
