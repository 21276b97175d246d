import { Problem } from '../http/problem.js';
import { isText } from './checks.js';

/** The header, as the API document describes it. */
export const IDEMPOTENCY = {
  name: 'Idempotency-Key',
  required: false,
  description:
    'Identifies the command: sent again, however late, it returns the first response and changes nothing',
};

/** @throws Problem 400 */
export function checkedIdempotencyKey(key: string | undefined): string | undefined {
  if (key === undefined || isText(key, 200)) return key;
  const message = 'must be text of 1 to 200 characters';
  throw new Problem(400, 'invalid', `Idempotency-Key: ${message}`, [{ path: 'Idempotency-Key', message }]);
}
