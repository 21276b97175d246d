import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is true; the last answer counts when the time is up. */
export async function until(
  ask: () => boolean | Promise<boolean>,
  patienceMs: number,
  everyMs = 50,
): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    if (await ask()) return true;
    await sleep(everyMs);
  }
  return ask();
}
