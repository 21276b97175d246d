import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../../metrics.js';
import type { RecordOutcomes } from './record-batch.js';

/** What is told of reading a topic. */
export class KafkaFigures {
  private readonly lagRecords;
  private readonly pausedPartitions;
  private readonly pauses;
  private readonly records;
  private readonly rebalances;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.lagRecords = new Gauge({
      name: 'touchline_kafka_lag_records',
      help: 'Records of a partition of this process that are not in the log yet',
      labelNames: ['topic', 'partition'] as const,
      registers,
    });
    this.pausedPartitions = new Gauge({
      name: 'touchline_kafka_paused',
      help: 'Partitions of this process that are not read now, because the log does not keep up or is away',
      registers,
    });
    this.pauses = new Counter({
      name: 'touchline_kafka_pauses_total',
      help: 'Times that reading was paused',
      registers,
    });
    this.records = new Counter({
      name: 'touchline_kafka_records_total',
      help: 'Records read: accepted, duplicate or rejected',
      labelNames: ['outcome'] as const,
      registers,
    });
    this.rebalances = new Counter({
      name: 'touchline_kafka_rebalances_total',
      help: 'Times that partitions were dealt out anew to the consumers of the group, as this one saw it',
      registers,
    });
  }

  rebalanced(): void {
    this.rebalances.inc();
    this.lagRecords.reset();
    this.pausedPartitions.set(0);
  }

  written(outcomes: RecordOutcomes): void {
    for (const outcome of ['accepted', 'duplicate', 'rejected'] as const)
      this.records.inc({ outcome }, outcomes[outcome]);
  }

  paused(partitions: number, begins: boolean): void {
    if (begins) this.pauses.inc();
    this.pausedPartitions.set(partitions);
  }

  lag(topic: string, partition: number, records: number): void {
    this.lagRecords.set({ topic, partition }, records);
  }
}
