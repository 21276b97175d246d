import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { createPool } from '../../database/database.js';
import { hasTimedOut, isOutage } from '../../database/outage.js';
import type { Engagement } from './engagement.js';
import { EngagementCounter } from './engagement-counter.js';
import type { KeptLimits } from './kept-histories.js';

/** What the thread is started with. */
export interface EngagementThreadData {
  /** Holds a password. */
  readonly databaseUrl: string;
  readonly limits: KeptLimits;
}

export type EngagementMethod = keyof Engagement;

/** Messages of the serving thread. */
export interface EngagementCall {
  readonly id: number;
  readonly method: EngagementMethod;
  readonly query: never;
}

/** Errors lose their class on the way between threads. */
export interface EngagementFailure {
  readonly kind: 'timeout' | 'outage' | 'fault';
  readonly message: string;
}

export type EngagementReply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: EngagementFailure };

const MOST_CONNECTIONS = 4;

function serve(port: MessagePort, { databaseUrl, limits }: EngagementThreadData): void {
  const pool = createPool(databaseUrl, {
    ...{ max: MOST_CONNECTIONS, applicationName: 'touchline metrics' },
    // When the thread is ended PostgreSQL ends its query too; else it would notice once it has rows to send.
    settings: { client_connection_check_interval: '1s' },
  });
  const counter = new EngagementCounter(pool, limits);
  const reply = async ({ id, method, query }: EngagementCall): Promise<EngagementReply> => {
    try {
      return { id, answer: await counter[method](query) };
    } catch (error) {
      return { id, failure: failureOf(error) };
    }
  };
  port.on('message', (call: EngagementCall) => {
    void reply(call).then((message) => port.postMessage(message));
  });
}

function failureOf(error: unknown): EngagementFailure {
  const kind = hasTimedOut(error) ? 'timeout' : isOutage(error) ? 'outage' : 'fault';
  return { kind, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

if (parentPort && workerData !== null) serve(parentPort, workerData as EngagementThreadData);
