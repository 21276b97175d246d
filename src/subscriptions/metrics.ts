import { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from '../metrics.js';
import { rebuiltRatio } from './read-checkpoints.js';
import type { SubscriptionObserver } from './subscriber.js';

/** The metrics of subscriptions, as an observer of them. Public names say `projection` for both sorts. */
export function subscriptionMetrics(metrics: Metrics): SubscriptionObserver {
  const registers = [metrics.registry];
  const labelNames = ['projection'] as const;
  const batchSeconds = new Histogram({
    name: 'touchline_projection_batch_seconds',
    help: 'Time from the begin to the commit of one batch, in seconds',
    labelNames,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const events = new Counter({
    name: 'touchline_projection_events_total',
    help: 'Events handed to each projection',
    labelNames,
    registers,
  });
  const deadLetters = new Counter({
    name: 'touchline_projection_dead_letters_total',
    help: 'Events that became dead letters because they failed, or because one before them did',
    labelNames: ['projection', 'why'] as const,
    registers,
  });
  const taken = new Counter({
    name: 'touchline_projection_leases_taken_total',
    help: 'Times this process took a projection over',
    labelNames,
    registers,
  });
  const rebuilt = new Gauge({
    name: 'touchline_projection_rebuild_ratio',
    help: 'How much of the log a rebuild of each projection has applied, 0 to 1; absent while there is none',
    labelNames,
    registers,
  });
  const secondsLeft = new Gauge({
    name: 'touchline_projection_rebuild_seconds_left',
    help: 'Seconds until the rebuild has caught up, at its present rate; absent while there is none',
    labelNames,
    registers,
  });
  const differs = new Gauge({
    name: 'touchline_projection_rebuild_differs',
    help: '1 when the last rebuild by the same version gave other rows than there were, else 0',
    labelNames,
    registers,
  });
  return {
    acquired: (projection) => taken.inc({ projection }),
    applied: (projection, count, upTo, ms) => {
      batchSeconds.observe({ projection }, ms / 1_000);
      events.inc({ projection }, count);
      metrics.projectionPosition.set({ projection }, Number(upTo));
    },
    deadLettered: (projection, list) => {
      for (const { behind } of list)
        deadLetters.inc({ projection, why: behind === null ? 'failed' : 'waits' });
    },
    lag: (projection, { events: behind, seconds }) => {
      if (behind !== null) metrics.projectionLag.set({ projection }, behind);
      metrics.projectionLagSeconds.set({ projection }, seconds);
    },
    rebuild: ({ name: projection, rebuild, comparison }) => {
      differs.set({ projection }, comparison?.isSame === false ? 1 : 0);
      if (rebuild) rebuilt.set({ projection }, rebuiltRatio(rebuild));
      else rebuilt.remove({ projection });
      if (rebuild?.secondsLeft == null) secondsLeft.remove({ projection });
      else secondsLeft.set({ projection }, rebuild.secondsLeft);
    },
  };
}
