import { registered, UNUSED_SINK } from '../registered.js';
import { countDeadLetters } from '../subscriptions/dead-letters.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import type { OpenRuntime } from '../runtime.js';
import { projections } from '../projections/all.js';
import { withRuntime } from './with-runtime.js';

/** `rebuild NAME`: a running server does it at once, else the next one at its start. @throws Refused `projection-not-found` */
export function rebuild(name = ''): Promise<void> {
  return withRuntime(async (runtime) => {
    const names = await runnerOf(runtime).rebuild(name);
    console.log(`To be made anew from the log: ${names.join(', ')}`);
  });
}

/** `retry NAME [WORKSPACE]`: as `POST /api/projections/{name}/parked/retry`. @throws Refused `projection-not-found` */
export function retryDeadLetters(name = '', workspace?: string): Promise<void> {
  return withRuntime(async (runtime) => {
    const tried = await runnerOf(runtime).retryDeadLetters(name, workspace);
    const left = (await countDeadLetters(runtime.pool, workspace)).get(name) ?? 0;
    console.log(`Tried ${tried} parked events again; ${left} are parked still`);
  });
}

/** Of reactors the command only asks it: whoever has the role `react` does it. */
function runnerOf({ pool, store, config }: OpenRuntime): SubscriptionRunner {
  const subscriptions = registered(config.kafka && UNUSED_SINK);
  return new SubscriptionRunner({ pool, store, subscriptions, runs: projections });
}
