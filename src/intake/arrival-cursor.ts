import { Problem } from '../http/problem.js';

/** Cursors of lists in the order of arrival. */
export const writeCursor = (number: bigint): string => Buffer.from(`r${number}`).toString('base64url');

/** @throws Problem 400 `cursor-invalid` */
export function readCursor(cursor: string | undefined): bigint | undefined {
  if (cursor === undefined) return undefined;
  const [, number] = /^r(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (number !== undefined) return BigInt(number);
  const message = 'give `next` of an answer to the same question';
  throw new Problem(400, 'cursor-invalid', `cursor: ${message}`, [{ path: 'cursor', message }]);
}
