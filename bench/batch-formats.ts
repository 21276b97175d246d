import { cloudEventsBatch, segmentBatch, snowplowPayload } from './messages.js';

interface BatchRequest {
  readonly path: string;
  readonly type: string;
  /** With this number of events. */
  readonly body: (size: number) => string;
}

/** How batches of each wire format are sent, with a write key as Bearer. A format is a line here. */
export const BATCH_FORMATS = {
  segment: { path: '/v1/batch', type: 'application/json', body: segmentBatch },
  snowplow: {
    path: '/com.snowplowanalytics.snowplow/tp2',
    type: 'application/json; charset=UTF-8',
    body: snowplowPayload,
  },
  cloudevents: { path: '/events', type: 'application/cloudevents-batch+json', body: cloudEventsBatch },
} as const satisfies Readonly<Record<string, BatchRequest>>;

export type BatchFormat = keyof typeof BATCH_FORMATS;
