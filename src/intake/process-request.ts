import { StoreUnavailable, TokenUsed } from '../event-store/event-store.js';
import type { RequestAdmission } from '../http/admission/request-admission.js';
import { admitKey, resolveFor } from './collector-key.js';
import { type CollectorKey, type ResolveCollector, WRITE_KEY } from './credentials.js';
import { decodeRequest } from './decode.js';
import type { Endpoint, Format, Reply, RequestHead, VerificationServices, Verified } from './format.js';
import { isRejected, type Outcome, type Rejected } from './outcome.js';
import type { Pipeline } from './pipeline.js';
import { credentialRefusal, refusalFor, refusalOfSingle, type Refused, shareOf } from './refusal.js';
import { isWithoutBody, rejectedRequest } from './rejected-input.js';
import type { Origin } from './rejected.js';
import { type RawBody, readBody, type RequestBody } from './request-body.js';
import { TOKEN_USED } from './signatures.js';

/** A request of HTTP, its body read. */
export interface ReceivedRequest {
  readonly format: Format;
  readonly endpoint: Endpoint;
  readonly head: RequestHead;
  readonly body: RawBody;
  /** What the key in its head opens; undefined: it has none there. */
  readonly key: CollectorKey | undefined;
  readonly admission: RequestAdmission;
}

export interface RequestDeps {
  readonly pipeline: Pipeline;
  readonly resolveCollector: ResolveCollector;
  readonly verification: VerificationServices;
  /** Where clients reach this server, without a trailing slash; undefined: at the host that a request names. */
  readonly publicUrl: string | undefined;
  readonly now: () => Date;
}

/**
 * The steps of one request, from top to bottom:
 *
 *     authenticate → verify → decode → admit → read → normalise → sort → record → decide → keep rejected → warn → reply
 *
 * gRPC and Kafka authenticate and decode in ways of their own, and go on with the same steps: `ingest`, or `normalise` and
 * `record` where items of several origins are written together.
 *
 * @throws StoreUnavailable, OverBudget, QuotaExceeded: nothing is lost when the client sends it again
 */
export async function processRequest(deps: RequestDeps, request: ReceivedRequest): Promise<Reply | Refused> {
  const receivedAt = deps.now();
  const { format, endpoint, admission } = request;
  const reserve = (bytes: number): void => admission.reservation.grow(bytes);
  const isKnown = request.key !== undefined;
  const body = await readBody(request.body, reserve, isKnown, format);
  const key = request.key ?? (await authenticate(deps, request, body));
  if ('refusal' in key) return key;
  const verified = endpoint.verify && (await verify(deps, request, body, receivedAt));
  if (verified && 'status' in verified) return { refusal: verified };
  const origin = { ...key, call: endpoint.call, receivedAt, ...(verified && { claim: verified }) };
  // Not awaited here: nothing of the body may live as long as the transaction of its events.
  const ingested = ingestBody(deps.pipeline, request, origin, body);
  return verified ? ingested.catch(refuseUsedToken) : ingested;
}

function refuseUsedToken(error: unknown): Refused {
  if (error instanceof TokenUsed) return { refusal: TOKEN_USED };
  throw error;
}

/** By the key in the body. One without a known key is not parsed, so only what cannot even be read has another reason. */
async function authenticate(
  deps: RequestDeps,
  { format, endpoint: { credential = WRITE_KEY }, head, admission }: ReceivedRequest,
  body: RequestBody | Rejected,
): Promise<CollectorKey | Refused> {
  if (isRejected(body)) return { refusal: refusalFor(body.rejected) };
  const sent = credential.inBody?.(body.text);
  const key = sent && (await resolveFor(deps, { format }, sent));
  if (key === undefined) return { refusal: credentialRefusal(sent, format) };
  const refusal = admitKey(key, head);
  if (refusal) return { refusal };
  admission.authenticate(shareOf(key));
  return key;
}

/** A body that cannot be inflated cannot be verified: nothing of it is kept. @throws StoreUnavailable it cannot be told now */
async function verify(
  { verification }: RequestDeps,
  { endpoint, head }: ReceivedRequest,
  body: RequestBody | Rejected,
  receivedAt: Date,
): Promise<Verified> {
  if (isRejected(body)) return refusalFor(body.rejected);
  if (head.collector?.areSecretsUnreadable)
    throw new StoreUnavailable('The secrets of this collector cannot be decrypted', 60);
  return endpoint.verify?.({ head, body, receivedAt }, verification);
}

function ingestBody(
  pipeline: Pipeline,
  request: ReceivedRequest,
  origin: Origin,
  body: RequestBody | Rejected,
): Promise<Reply | Refused> {
  const { format, endpoint, head } = request;
  const decoded = decodeRequest(format, endpoint, head, body);
  if ('reply' in decoded) return Promise.resolve(decoded.reply);
  if (isRejected(decoded)) {
    const sent = isWithoutBody(endpoint) ? { ...request.body, bytes: Buffer.from(head.query) } : request.body;
    const kept = pipeline.keepRejectedRequest(rejectedRequest(format, sent, decoded.rejected), origin);
    return kept.then(() => ({ refusal: refusalFor(decoded.rejected) }));
  }
  return reply(endpoint, head, decoded.isSingle, pipeline.ingest(format, origin, decoded));
}

async function reply(
  endpoint: Endpoint,
  head: RequestHead,
  isSingle: boolean | undefined,
  ingested: Promise<readonly Outcome[]>,
): Promise<Reply | Refused> {
  const outcomes = await ingested;
  const refusal = isSingle ? refusalOfSingle(outcomes) : undefined;
  return refusal ? { refusal } : endpoint.reply(outcomes, head);
}
