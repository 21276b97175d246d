import type { RecordSink } from '../kafka/kafka.js';
import { projections } from '../projections/all.js';
import { countDeadLetters } from '../subscriptions/dead-letters.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { publishToKafka } from '../reactors/publish-to-kafka.js';
import { withRuntime } from './with-runtime.js';

/** The command only asks for it: whoever has the role `react` publishes. */
const NO_SINK: RecordSink = {
  send: () => Promise.reject(new Error('the command line publishes nothing')),
  close: () => Promise.resolve(),
};

/** `rebuild PROJECTION`: a running server does it at once, else the next one at its start. @throws Refused `projection-not-found` */
export function rebuild(name = ''): Promise<void> {
  return withRuntime(async ({ pool, store, config }) => {
    const all = config.kafka ? [...projections, publishToKafka(NO_SINK)] : projections;
    const names = await new SubscriptionRunner({ pool, store, projections: all }).rebuild(name);
    console.log(`To be made anew from the log: ${names.join(', ')}`);
  });
}

/** `retry PROJECTION [WORKSPACE]`: as `POST /api/projections/{name}/parked/retry`. @throws Refused `projection-not-found` */
export function retryDeadLetters(name = '', workspace?: string): Promise<void> {
  return withRuntime(async ({ pool, store }) => {
    const tried = await new SubscriptionRunner({ pool, store, projections }).retryDeadLetters(
      name,
      workspace,
    );
    const left = (await countDeadLetters(pool, workspace)).get(name) ?? 0;
    console.log(`Tried ${tried} parked events again; ${left} are parked still`);
  });
}
