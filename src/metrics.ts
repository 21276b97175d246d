import type { EventStore, Receipt } from './event-store/event-store.js';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The figures that GET /metrics shows. One instance a process; a figure is declared here and set where it happens. */
export class Metrics {
  readonly registry = new Registry();

  readonly httpSeconds = new Histogram({
    name: 'touchline_http_request_seconds',
    help: 'Duration of HTTP requests in seconds',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });

  readonly grpcSeconds = new Histogram({
    name: 'touchline_grpc_request_seconds',
    help: 'Duration of gRPC calls in seconds; for a stream until its response',
    labelNames: ['method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });

  readonly appendSeconds = new Histogram({
    name: 'touchline_append_seconds',
    help: 'Time from passing events to the log to their commit, in seconds',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [this.registry],
  });

  readonly events = new Counter({
    name: 'touchline_events_total',
    help: 'Events passed to the log by outcome: appended, duplicate, conflict or refused',
    labelNames: ['outcome'],
    registers: [this.registry],
  });

  readonly rejected = new Counter({
    name: 'touchline_rejected_total',
    help: 'Input stored as rejected, by code',
    labelNames: ['code'],
    registers: [this.registry],
  });

  readonly rejectedRemoved = new Counter({
    name: 'touchline_rejected_removed_total',
    help: 'Rejected input removed by the retention, because of its age or size',
    labelNames: ['why'],
    registers: [this.registry],
  });

  readonly rejectedFill = new Gauge({
    name: 'touchline_rejected_retention_ratio',
    help: 'Share of its bytes of retention that the rejected input of the fullest workspace fills; beyond 1 the oldest is removed',
    registers: [this.registry],
  });

  readonly rejectedExpiring = new Gauge({
    name: 'touchline_rejected_expiring',
    help: 'Rejected input that was not replayed and will be removed for its age within days',
    registers: [this.registry],
  });

  readonly quotaRefusals = new Counter({
    name: 'touchline_quota_refusals_total',
    help: 'Requests refused because their write key was over a limit (events, requests, concurrency), and delays of Kafka',
    labelNames: ['limit'],
    registers: [this.registry],
  });

  readonly warnings = new Counter({
    name: 'touchline_warnings_total',
    help: 'Values of accepted messages that were replaced or ignored, by code',
    labelNames: ['code'],
    registers: [this.registry],
  });

  readonly projectionPosition = new Gauge({
    name: 'touchline_projection_position',
    help: 'Log position up to which a projection has applied events',
    labelNames: ['projection'],
    registers: [this.registry],
  });

  readonly projectionLag = new Gauge({
    name: 'touchline_projection_lag_events',
    help: 'Number of events that a projection has not applied yet; absent if positions have gaps',
    labelNames: ['projection'],
    registers: [this.registry],
  });

  readonly projectionLagSeconds = new Gauge({
    name: 'touchline_projection_lag_seconds',
    help: 'Age of the oldest event that a projection has not applied yet, in seconds',
    labelNames: ['projection'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}

/** Counts and times what a store records and appends from now on. */
export function measureAppends(store: EventStore, { appendSeconds, events }: Metrics): EventStore {
  const [record, append] = [store.record.bind(store), store.append.bind(store)];
  // Looked up once: finding a figure by its labels costs as much as hashing an event.
  const outcome = (name: string): Counter.Internal => events.labels({ outcome: name });
  const appended = outcome('appended');
  const duplicate = outcome('duplicate');
  const conflict = outcome('conflict');
  const refused = outcome('refused');
  const count = (receipts: readonly Receipt[]): void => {
    const again = receipts.reduce((sum, receipt) => sum + Number(receipt.duplicate), 0);
    appended.inc(receipts.length - again);
    duplicate.inc(again);
  };
  /** Holds nothing of the events while it waits. */
  const measure = async <R>(end: () => unknown, size: number, work: Promise<R>): Promise<R> => {
    try {
      return await work;
    } catch (error) {
      refused.inc(size);
      throw error;
    } finally {
      end();
    }
  };
  store.record = (facts, progress, claim) =>
    measure(appendSeconds.startTimer(), facts.length, record(facts, progress, claim)).then((receipts) => {
      count(receipts);
      return receipts;
    });
  store.append = async (batch) => {
    const size = batch.reduce((sum, one) => sum + one.events.length, 0);
    const results = await measure(appendSeconds.startTimer(), size, append(batch));
    for (const [index, result] of results.entries())
      if (result.status === 'conflict') conflict.inc(batch[index]?.events.length ?? 0);
      else count(result.receipts);
    return results;
  };
  return store;
}
