import type { CallOptions, Client, Metadata } from '@grpc/grpc-js';
import { EventStoreDBClient } from '@eventstore/db-client';
import { EventStoreDbUnusable } from '../eventstoredb-faults.js';
import { unusable } from './faults.js';

/** Parts of the client that its types do not show. */
export interface Connection {
  getGRPCClient<C extends Client>(type: abstract new (...args: never[]) => C, name: string): Promise<C>;
  handleError(client: Client, error: Error): Promise<void>;
  callArguments(options: { requiresLeader: boolean }, callOptions: CallOptions): [Metadata, CallOptions];
}

/** Options of the URL that the client knows and minds, in its loose spelling. */
const OPTIONS = [
  ...['userCertFile', 'userKeyFile', 'tls', 'tlsCAFile', 'connectionName', 'nodePreference', 'gossipTimeout'],
  ...['maxDiscoverAttempts', 'discoveryInterval', 'keepAliveInterval', 'keepAliveTimeout'],
];
const loose = (option: string): string => option.trim().toLowerCase().replace(/[_-]/g, '');

/** The client prints the URL, and so the password, when it meets an option it does not know: it must not meet one. */
export function connect(url: string): Connection {
  const known = new Set(OPTIONS.map(loose));
  const asked = url.split('?')[1]?.split('&') ?? [];
  if (!asked.every((option) => known.has(loose(option.split('=')[0] ?? ''))))
    throw new EventStoreDbUnusable(unusable(`it has an option that is not one of ${OPTIONS.join(', ')}`));
  try {
    return EventStoreDBClient.connectionString(url) as unknown as Connection;
  } catch (error) {
    throw new EventStoreDbUnusable(unusable(faultOfUrl(error)), { cause: error });
  }
}

/** Without the piece of the URL that the client cites. */
function faultOfUrl(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const [, position, expected] = /at position (\d+), expected (.*)\.$/.exec(message) ?? [];
  return position === undefined
    ? message
    : `it cannot be read at character ${Number(position) + 1}: expected ${expected}`;
}
