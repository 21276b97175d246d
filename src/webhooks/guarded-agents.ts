import { Resolver } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';

/** Of one query of one name server, in ms. */
const DNS_TIMEOUT_MS = 2_000;

/** A connection was not made, because it would have led into an internal network. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  constructor(host: string, addresses: readonly string[]) {
    super(`${host} is at the internal address ${addresses.join(', ')}, which is not allowed`);
  }
}

export interface GuardedAgents {
  readonly http: http.Agent;
  readonly https: https.Agent;
  destroy(): void;
}

/**
 * Agents whose connections lead to allowed addresses only. The addresses that were checked are the ones that are connected to,
 * so a name that means something else a moment later gains nothing. Names are asked of name servers, not of the system's
 * resolver, which has four threads for the whole process: a dead name server would hold up every other endpoint.
 *
 * @param dnsServers instead of those of the system
 */
export function guardedAgents(
  isAllowed: (address: string) => boolean,
  dnsServers?: readonly string[],
): GuardedAgents {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 });
  if (dnsServers) resolver.setServers(dnsServers);
  const lookup = guardedLookup(resolver, isAllowed);
  // Idle connections are few and short: an endpoint hears little, and then much at once.
  const options = { keepAlive: true, maxFreeSockets: 4, timeout: 30_000, lookup };
  const agents = { http: new http.Agent(options), https: new https.Agent(options) };
  return {
    ...agents,
    destroy() {
      agents.http.destroy();
      agents.https.destroy();
      resolver.cancel();
    },
  };
}

function guardedLookup(resolver: Resolver, isAllowed: (address: string) => boolean): LookupFunction {
  return (host, { all }, callback) => {
    resolveAll(resolver, host).then(
      (found) => {
        const allowed = found.filter(({ address }) => isAllowed(address));
        const [first] = allowed;
        if (!first)
          callback(
            new AddressRefused(
              host,
              found.map(({ address }) => address),
            ),
            [],
          );
        else if (all) callback(null, allowed);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, []),
    );
  };
}

interface Found {
  readonly address: string;
  readonly family: 4 | 6;
}

/** IPv4 first, as not every network has IPv6. @throws the error of the IPv4 query when there is no address */
async function resolveAll(resolver: Resolver, host: string): Promise<Found[]> {
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [...addressesOf(v4, 4), ...addressesOf(v6, 6)];
  if (found.length > 0) return found;
  throw v4.status === 'rejected' ? v4.reason : new Error(`${host} has no address`);
}

const addressesOf = (answer: PromiseSettledResult<string[]>, family: 4 | 6): Found[] =>
  answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : [];
