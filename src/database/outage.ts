import { DatabaseUnavailable } from './client.js';

/** SQLSTATE of a cancelled statement: by its timeout or by a user. */
const QUERY_CANCELED = '57014';

/**
 * SQLSTATEs of what may succeed later as it is: connection exceptions (08), a transaction or session that timed out (25P0),
 * rolled back by a conflict (40), insufficient resources (53), lock not available (55P03), cancelled, stopping or starting
 * (57), system errors (58).
 */
const PASSING_STATE = /^(08...|25P0[234]|40...|53...|55P03|57...|58...)$/;
const NETWORK = /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)$/;
/** What `pg` says without a code. */
const DRIVER =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (has encountered a connection|was closed)|Query read timeout|Cannot use a pool after)/;

/**
 * The database is away, busy, starting or stopping, or ended the session: the same work may succeed later. An error without
 * a code is judged by its cause.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DatabaseUnavailable || DRIVER.test(error.message)) return true;
  if ('code' in error) return PASSING_STATE.test(String(error.code)) || NETWORK.test(String(error.code));
  // Every address of a host was tried.
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  return error.cause !== undefined && isOutage(error.cause);
}

/** Whether a statement exceeded `statement_timeout`, as opposed to being cancelled by a user. */
export const hasTimedOut = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === QUERY_CANCELED &&
  error.message.includes('statement timeout');
