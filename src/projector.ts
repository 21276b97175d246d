import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { EventStoreConfig } from './config.js';
import { createLogPool, createPool } from './database/database.js';
import { Growth } from './event-store/growth.js';
import { HeapGrowth } from './heap-growth.js';
import { yieldThread, yieldSession } from './niceness.js';
import { projections } from './projections/all.js';
import { registered, UNUSED_SINK } from './registered.js';
import { SubscriptionRunner } from './subscriptions/runner.js';
import type { SubscriptionObserver } from './subscriptions/subscriber.js';
import { openStoreInThread } from './store.js';

/** What the thread is started with. */
export interface ProjectorData {
  /** Holds a password. */
  readonly databaseUrl: string;
  /** May hold a password. */
  readonly eventStore: EventStoreConfig;
  readonly growth: SharedArrayBuffer;
  /** The thread shares its processors with the collectors or the API, and with PostgreSQL where that is embedded. */
  readonly yields: 'to-nobody' | 'to-threads' | 'to-threads-and-sessions';
}

/** Messages of the serving thread; its load is the share of about the last second in which it had something to do. */
export type ToProjector = 'wake' | 'stop' | { readonly servingLoad: number };

/** Messages of the thread: a line for the log, or a call of the observer. */
export type FromProjector =
  | { readonly level: 'log' | 'warn' | 'error'; readonly line: string }
  | { readonly observe: keyof SubscriptionObserver; readonly args: readonly unknown[] };

/** The projections of a process, in a thread of their own beside the one that serves. */
async function project(port: MessagePort, data: ProjectorData): Promise<void> {
  const { databaseUrl, eventStore, growth, yields } = data;
  if (yields !== 'to-nobody') yieldThread();
  const session = yields === 'to-threads-and-sessions' ? { onSession: yieldSession } : {};
  const pool = createPool(databaseUrl, { max: 10, applicationName: 'touchline projections', ...session });
  const logPool = createLogPool(databaseUrl, { max: 4, ...session });
  const log = new Growth(growth);
  let servingLoad = 1;
  const store = await openStoreInThread(eventStore, logPool, log);
  const send = (message: FromProjector): void => port.postMessage(message);
  const heapGrowth = new HeapGrowth();
  const runner = new SubscriptionRunner({
    pool,
    store,
    subscriptions: registered(UNUSED_SINK),
    runs: projections,
    observe: {
      ...observer(send),
      applied: (name, events, position, ms) => {
        send({ observe: 'applied', args: [name, events, position, ms] });
        heapGrowth.applied(position, log.reached, performance.now());
      },
    },
    log: logger(send),
    ...(yields !== 'to-nobody' && {
      yieldsToCollectors: { knownHead: () => log.reached, servingLoad: () => servingLoad },
    }),
  });
  runner.start();
  const receive = (message: ToProjector): void => {
    if (message === 'wake') runner.wake();
    else if (message === 'stop') void stop();
    else ({ servingLoad } = message);
  };
  const stop = async (): Promise<void> => {
    await runner.stop();
    await store.close();
    await Promise.all([pool.end(), logPool.end()]);
    port.close();
  };
  port.on('message', receive);
}

const logger = (send: (message: FromProjector) => void) => ({
  log: (line: string) => send({ level: 'log', line }),
  warn: (line: string) => send({ level: 'warn', line }),
  error: (line: string) => send({ level: 'error', line }),
});

const observer = (send: (message: FromProjector) => void): SubscriptionObserver => ({
  acquired: (...args) => send({ observe: 'acquired', args }),
  applied: (...args) => send({ observe: 'applied', args }),
  deadLettered: (...args) => send({ observe: 'deadLettered', args }),
  lag: (...args) => send({ observe: 'lag', args }),
  rebuild: (...args) => send({ observe: 'rebuild', args }),
});

if (parentPort) await project(parentPort, workerData as ProjectorData);
