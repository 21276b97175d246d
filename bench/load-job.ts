import type { WireFormat } from './wire-formats.js';

/** What the load generator is asked for. */
export interface LoadJob {
  readonly port: number;
  readonly writeKey: string;
  readonly connections: number;
  readonly seconds: number;
  /** Events a request. */
  readonly size: number;
  /** Default: segment, of single events native. */
  readonly format?: WireFormat;
  /** Of a webhook: its collector, and what its requests are signed with. */
  readonly collector?: { readonly id: string; readonly signingKey: string };
  /** Events a second at most over all connections; undefined: as many as are taken. */
  readonly rate?: number;
  /** True: streams of gRPC, `size` touchpoints a message. */
  readonly streams?: boolean;
}

/** What it answers. */
export interface LoadResult {
  readonly events: number;
  readonly seconds: number;
  /** Requests by status of the answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Of accepted requests, in ms. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}
