import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { EventStoreConfig } from './config.js';
import { createLogPool, createPool } from './database/database.js';
import { Growth } from './event-store/growth.js';
import { standBack, standBackSession } from './niceness.js';
import { projections } from './projections/all.js';
import { registered, UNUSED_SINK } from './registered.js';
import { SubscriptionRunner } from './subscriptions/runner.js';
import type { SubscriptionObserver } from './subscriptions/subscriber.js';
import { joinStore } from './store.js';

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

/** What the serving thread says. */
export type ToProjector = 'wake' | 'stop';

/** What the thread says: a line for the log, or something an observer should know. */
export type FromProjector =
  | { readonly say: 'log' | 'warn' | 'error'; readonly line: string }
  | { readonly observe: keyof SubscriptionObserver; readonly told: readonly unknown[] };

/** The projections of a process, in a thread of their own beside the one that serves. */
async function project(port: MessagePort, data: ProjectorData): Promise<void> {
  const { databaseUrl, eventStore, growth, yields } = data;
  if (yields !== 'to-nobody') standBack();
  const session = yields === 'to-threads-and-sessions' ? { onSession: standBackSession } : {};
  const pool = createPool(databaseUrl, { max: 10, applicationName: 'touchline projections', ...session });
  const logPool = createLogPool(databaseUrl, { max: 4, ...session });
  const log = new Growth(growth);
  const store = await joinStore(eventStore, logPool, log);
  const tell = (message: FromProjector): void => port.postMessage(message);
  const runner = new SubscriptionRunner({
    pool,
    store,
    subscriptions: registered(UNUSED_SINK),
    runs: projections,
    observe: observer(tell),
    log: logger(tell),
    ...(yields !== 'to-nobody' && { yieldsToCollectors: { knownHead: () => log.reached } }),
  });
  runner.start();
  const told = (message: ToProjector): void => {
    if (message === 'wake') runner.wake();
    else void stop();
  };
  const stop = async (): Promise<void> => {
    await runner.stop();
    await store.close();
    await Promise.all([pool.end(), logPool.end()]);
    port.close();
  };
  port.on('message', told);
}

const logger = (tell: (message: FromProjector) => void) => ({
  log: (line: string) => tell({ say: 'log', line }),
  warn: (line: string) => tell({ say: 'warn', line }),
  error: (line: string) => tell({ say: 'error', line }),
});

const observer = (tell: (message: FromProjector) => void): SubscriptionObserver => ({
  acquired: (...told) => tell({ observe: 'acquired', told }),
  applied: (...told) => tell({ observe: 'applied', told }),
  deadLettered: (...told) => tell({ observe: 'deadLettered', told }),
  lag: (...told) => tell({ observe: 'lag', told }),
  rebuild: (...told) => tell({ observe: 'rebuild', told }),
});

if (parentPort) await project(parentPort, workerData as ProjectorData);
