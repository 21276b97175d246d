import { setTimeout as sleep } from 'node:timers/promises';
import { TIMEOUT_FACTOR } from './timeout-factor.mjs';

/** Asks again and again until the answer is true; the last answer counts when the time is up. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 50,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs * TIMEOUT_FACTOR;
  while (Date.now() < deadline) {
    if (await condition()) return true;
    await sleep(everyMs);
  }
  return condition();
}
