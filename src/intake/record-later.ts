import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from '../event-store/event-store.js';
import { admitKey, resolveFor } from './collector-key.js';
import { type ResolveCollector, WRITE_KEY } from './credentials.js';
import type { CollectorRoute, Format, Reply, RequestHead, VerificationServices } from './format.js';
import type { Pipeline } from './pipeline.js';
import type { Refused } from './refusal.js';
import { RequestBody } from './request-body.js';
import type { RecordSpooled, RequestSpool } from './request-spool.js';

export interface RecordLaterDeps {
  readonly spool: Pick<RequestSpool, 'keep'>;
  /** Counts towards no quota: the request was counted, or not let in. */
  readonly openCollector: ResolveCollector;
  readonly verification: VerificationServices;
  readonly now: () => Date;
}

/** A person waits no longer for the log, in ms. */
const PATIENCE_MS = 2_000;

/** @throws StoreUnavailable it takes too long; it may still be recorded */
export async function withPatience<T>(work: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: stop.signal }).then(() => {
    throw new StoreUnavailable('The log does not answer in time', 1);
  });
  // Whichever comes second is nobody's.
  work.catch(() => undefined);
  late.catch(() => undefined);
  return Promise.race([work, late]).finally(() => stop.abort());
}

/**
 * Answers a request of an endpoint that `recordsLater` and keeps it, where it cannot be recorded now. It is verified as any other:
 * nothing forged is kept.
 *
 * @returns undefined: it cannot be told whose it is, or there is no room to keep it
 * @throws StoreUnavailable
 */
export async function answerNow(
  { spool, openCollector, verification, now }: RecordLaterDeps,
  route: CollectorRoute,
  head: RequestHead,
): Promise<Reply | Refused | undefined> {
  const { format, endpoint } = route;
  const receivedAt = now();
  const sent = (endpoint.credential ?? WRITE_KEY).inHead(head);
  const key = sent && (await resolveFor({ resolveCollector: openCollector }, route, sent));
  if (!key?.config || key.config.areSecretsUnreadable) return undefined;
  const body = RequestBody.EMPTY;
  const verified = admitKey(key, head) ?? (await endpoint.verify?.({ head, body, receivedAt }, verification));
  // Whether a token was used cannot be told now.
  if (verified) return 'status' in verified ? { refusal: verified } : undefined;
  const decoded = endpoint.decode(head, body);
  if (!('items' in decoded)) return undefined;
  await spool.keep({
    ...{ workspace: key.workspace, collector: key.collector, collectorId: key.config.id },
    ...{ format: format.name, call: endpoint.call, receivedAt: receivedAt.toISOString() },
    items: decoded.items,
  });
  return endpoint.reply([], head);
}

/** Records what was kept as if it came now, but at the time of its receipt. */
export const recordSpooled =
  (pipeline: Pipeline, openCollector: ResolveCollector, formats: readonly Format[]): RecordSpooled =>
  async ({ workspace, collector, collectorId, format: name, call, receivedAt, items }) => {
    const format = formats.find((each) => each.name === name);
    if (!format) throw new Error(`there is no format ${name}`);
    const key = await openCollector({ kind: 'collector-id', value: collectorId });
    const origin = { workspace, collector, ...key, call, receivedAt: new Date(receivedAt) };
    await pipeline.ingest(format, origin, { items });
  };
