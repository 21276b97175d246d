// Patches kafkajs 2.2.4, which has had no release since 2023 (docs/adr/0016). Imported for its effect.
import './replacements.js';
import './codecs.js';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

/**
 * With every response kafkajs sets a timer for waiting requests, with a negative delay when there are none, of which Node 24
 * warns. Without waiting requests and throttling no timer is needed.
 */
const { prototype: queue } = require('kafkajs/src/network/requestQueue/index.js') as {
  readonly prototype: RequestQueue;
};
const schedule = queue.scheduleCheckPendingRequests;
queue.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};
