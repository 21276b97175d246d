import type { RecordSink } from './kafka/kafka.js';
import { projections } from './projections/all.js';
import { applyModel } from './reactors/apply-model.js';
import { deliverWebhooks } from './reactors/deliver-webhooks.js';
import { handOffLeads } from './reactors/hand-off-leads.js';
import { followSegments } from './reactors/follow-segments.js';
import { publishToKafka } from './reactors/publish-to-kafka.js';
import { qualifyLeads } from './reactors/qualify-leads.js';
import { watchHandoffs } from './reactors/watch-handoffs.js';
import type { Reactor, Subscription } from './subscriptions/subscription.js';

/** Every reactor there is. A new one: its file, its spec, and its line here. */
export const reactors = (kafka: RecordSink | undefined): readonly Reactor[] => [
  applyModel,
  qualifyLeads(),
  handOffLeads(),
  watchHandoffs,
  deliverWebhooks,
  followSegments(),
  ...(kafka ? [publishToKafka(kafka)] : []),
];

/** Everything that follows the log, whichever process moves it: commands reach all of it, and rebuilds what depends on it. */
export const registered = (kafka: RecordSink | undefined): readonly Subscription[] => [
  ...projections,
  ...reactors(kafka),
];

/** For a process that knows of the reactors but runs none. */
export const UNUSED_SINK: RecordSink = {
  send: () => Promise.reject(new Error('this process does not publish to Kafka')),
  close: () => Promise.resolve(),
};
