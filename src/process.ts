import type { Logger } from 'pino';
import { BadSettings } from './config.js';
import { DISK_FULL } from './database/database.js';
import { EmbeddedDatabaseError, type EmbeddedDatabaseFault } from './database/embedded-error.js';
import { MigrationError } from './database/migrate.js';
import { isDatabaseFault } from './database/open.js';
import { isOutage } from './database/outage.js';
import { Refused } from './domain/refused.js';
import { Problem } from './http/problem.js';
import { KafkaFault } from './kafka/kafka.js';
import { isLogFault } from './store.js';

/** EX_CONFIG of sysexits.h, which supervisors take for a reason not to start a program again. */
const CONFIGURATION = 78;
const PERMANENT: readonly EmbeddedDatabaseFault[] = ['unsupported-platform', 'permission', 'wrong-version'];

/** Ctrl-C comes from the terminal, from npm and from bin/start.mjs; within this time, in ms, it is one request. */
const SAME_REQUEST_MS = 1_000;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `stop` at the first SIGINT, SIGTERM or SIGHUP, or when the parent that started us is gone, and ends the process.
 * A second request, later, ends it at once.
 */
export function stopOnSignals(stop: () => Promise<void>, log: Logger): void {
  onStopRequest((reason) => {
    log.info(`${reason}: stopping`);
    stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  });
}

/**
 * Calls back at the first SIGINT, SIGTERM or SIGHUP, or when the parent that started us is gone. A second request, later, ends
 * the process at once.
 *
 * @returns ends this
 */
export function onStopRequest(onRequest: (reason: string) => void): () => void {
  let requestedAt: number | undefined;
  const request = (reason: string): void => {
    if (requestedAt === undefined) {
      requestedAt = Date.now();
      onRequest(reason);
    } else if (Date.now() - requestedAt > SAME_REQUEST_MS) process.exit(1);
  };
  const onDisconnect = (): void => request('the parent process has exited');
  for (const signal of STOP_SIGNALS) process.on(signal, request);
  process.once('disconnect', onDisconnect);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, request);
    process.off('disconnect', onDisconnect);
  };
}

/** Ends the process with one line for a fault that a person can fix, with the whole error for an unexpected one. */
export function fail(error: unknown): never {
  const line = messageFor(error);
  console.error(line === undefined ? error : `touchline: ${line}`);
  process.exit(isConfigurationFault(error) ? CONFIGURATION : 1);
}

/** Settings, rights or data that the next start will not find better: nobody should start it again without a change. */
function isConfigurationFault(error: unknown): boolean {
  if (error instanceof BadSettings) return true;
  if (error instanceof MigrationError) return !isOutage(error);
  if (error instanceof EmbeddedDatabaseError) return PERMANENT.includes(error.code);
  return error instanceof Error && 'code' in error && error.code === 'EACCES';
}

/** Undefined: not foreseen. */
function messageFor(error: unknown): string | undefined {
  if (isDatabaseFault(error) || isLogFault(error) || error instanceof KafkaFault) return error.message;
  if (error instanceof BadSettings || error instanceof MigrationError) return error.message;
  if (error instanceof Problem) return error.detail;
  if (error instanceof Refused)
    return error.path === undefined ? error.message : `${error.path}: ${error.message}`;
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && (error.code === 'ENOSPC' || error.code === DISK_FULL))
    return `the disk is full: ${error.message}`;
  if (isOutage(error)) return `the database does not respond: ${error.message}`;
  return listenFault(error);
}

function listenFault(error: NodeJS.ErrnoException & { port?: number }): string | undefined {
  if (error.syscall !== 'listen') return undefined;
  if (error.code === 'EADDRINUSE')
    return `port ${error.port} is already in use by another program; set PORT to a free port`;
  if (error.code === 'EACCES')
    return `port ${error.port} may not be used by this user; set PORT to a port above 1023`;
  return undefined;
}
