// What is mended of kafkajs 2.2.4, which has had no release since 2023 (docs/adr/0016). Imported for its effect.
import './replaced.js';
import './codecs.js';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

/**
 * With every answer it sets a timer for requests that wait, at a time long past when none do; Node 24 warns of each such
 * timer. Without requests and throttling there is nothing to look after.
 */
const { prototype: queue } = require('kafkajs/src/network/requestQueue/index.js') as {
  readonly prototype: RequestQueue;
};
const schedule = queue.scheduleCheckPendingRequests;
queue.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};
