import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../metrics.js';
import type { SpoolOutcome, SpoolState } from './request-spool.js';

/** Metrics of requests that wait in the data folder while the log is away. */
export class SpoolFigures {
  private readonly outcomes;

  /** @param stateOf is called whenever the metrics are scraped */
  constructor({ registry }: Metrics, stateOf: () => SpoolState) {
    const registers = [registry];
    const shows = (valueOf: (state: SpoolState) => number) =>
      function (this: Gauge): void {
        this.set(valueOf(stateOf()));
      };
    new Gauge({
      name: 'touchline_spool_requests',
      help: 'Requests in the spool that are not recorded yet',
      collect: shows(({ requests }) => requests),
      registers,
    });
    new Gauge({
      name: 'touchline_spool_failed',
      help: 'Requests in the spool that cannot be recorded',
      collect: shows(({ failed }) => failed),
      registers,
    });
    new Gauge({
      name: 'touchline_spool_bytes',
      help: 'Bytes of all requests in the spool',
      collect: shows(({ bytes }) => bytes),
      registers,
    });
    new Gauge({
      name: 'touchline_spool_oldest_seconds',
      help: 'Age of the oldest request in the spool that is not recorded yet; 0 without one',
      collect: shows(({ oldestAt }) =>
        oldestAt === undefined ? 0 : Math.max(0, Date.now() - oldestAt) / 1_000,
      ),
      registers,
    });
    this.outcomes = new Counter({
      name: 'touchline_spool_requests_total',
      help: 'Requests that came while the log was away by outcome: kept, refused, recorded (later) or failed',
      labelNames: ['outcome'] as const,
      registers,
    });
  }

  count(outcome: SpoolOutcome, requests: number): void {
    this.outcomes.inc({ outcome }, requests);
  }
}
