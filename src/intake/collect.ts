import type { RequestAdmission } from '../http/admission/request-admission.js';
import type { RawBody } from './body.js';
import { type CollectorKey, keyInText, type ResolveWriteKey, WRITE_KEY_UNKNOWN } from './credentials.js';
import type { Format } from './format.js';
import { SEGMENT_LIST_CALLS } from './formats/segment-item.js';
import type { Intake } from './intake.js';
import { isRejected, type Outcome, type Reason, type Rejected } from './outcome.js';
import { parse, textOf } from './parse.js';
import type { Kept, Origin } from './rejected.js';

/** A route of a collector. */
export interface CollectorRoute {
  readonly path: string;
  readonly format: Format;
  readonly call: string;
}

/** The whole request is refused; what it carried is kept where the key is known. */
export interface Refusal {
  readonly status: 400 | 401 | 413 | 415;
  readonly code: string;
  readonly detail: string;
}

export type Collected = { readonly outcomes: readonly Outcome[] } | { readonly refusal: Refusal };

export interface Collecting {
  readonly intake: Intake;
  readonly resolveWriteKey: ResolveWriteKey;
  readonly now: () => Date;
}

export interface Received {
  readonly route: CollectorRoute;
  readonly body: RawBody;
  /** Opened by the key beside the body; undefined when there was none. */
  readonly opened: CollectorKey | undefined;
  readonly admission: RequestAdmission;
}

/**
 * One request: authenticate → parse → take.
 *
 * @throws StoreUnavailable, OverBudget: nothing is lost when the client sends it again
 */
export async function collect(
  deps: Collecting,
  { route, body, opened, admission }: Received,
): Promise<Collected> {
  const receivedAt = deps.now();
  const reserve = (bytes: number): void => admission.reservation.grow(bytes);
  const text = await textOf(route.format, body, reserve, opened !== undefined);
  const sentKey = opened === undefined && typeof text === 'string' ? keyInText(text) : undefined;
  const key = opened ?? (await openedBy(deps, sentKey));
  if (key === undefined) return { refusal: withoutKey(text, sentKey) };
  if (opened === undefined) admission.authenticate(shareOf(key));
  const origin: Origin = { ...key, call: route.call, receivedAt };
  // Not awaited here: the text must not live as long as the transaction of its events.
  return takeText(deps.intake, route, origin, text, body, reserve);
}

function takeText(
  intake: Intake,
  route: CollectorRoute,
  origin: Origin,
  text: string | Rejected,
  body: RawBody,
  reserve: (bytes: number) => void,
): Promise<Collected> {
  const { json, result } = parse(route.format, route.call, text, reserve);
  if (isRejected(result)) {
    const refusal = refusalFor(result.rejected);
    return intake.keep(origin, [keptRequest(route.format, body, result.rejected)]).then(() => ({ refusal }));
  }
  const isList = SEGMENT_LIST_CALLS.has(route.call) || Array.isArray(json);
  return intake
    .take(route.format, origin, result.items, result.escaped)
    .then((outcomes) => alone(isList, outcomes) ?? { outcomes });
}

/** Who owns the share of the budget that a request with this key holds. */
export const shareOf = ({ workspace, collector, quota }: CollectorKey): string =>
  `collect/${quota?.id ?? `${workspace}/${collector}`}`;

const openedBy = async (deps: Collecting, key: string | undefined): Promise<CollectorKey | undefined> =>
  key === undefined ? undefined : deps.resolveWriteKey(key);

/** A body without a known key is not parsed, so only one that cannot even be decoded gets another word than that. */
const withoutKey = (text: string | Rejected, key: string | undefined): Refusal =>
  typeof text === 'string' ? keyRefusal(key) : refusalFor(text.rejected);

/** An event over the size that came alone refuses its request; one in a batch only itself. */
function alone(isList: boolean, outcomes: readonly Outcome[]): Collected | undefined {
  const [only] = outcomes;
  if (isList || only?.status !== 'rejected') return undefined;
  return only.reason.code === 'event-too-large' ? { refusal: refusalFor(only.reason) } : undefined;
}

export const keptRequest = (format: Format, { bytes, encoding, charset }: RawBody, reason: Reason): Kept => ({
  unit: 'request',
  format: format.name,
  payload: bytes,
  reason,
  ...(encoding === '' ? {} : { encoding }),
  ...(charset === '' ? {} : { charset }),
});

/** Of a request over the limit only that it came is kept, as a row of its own. */
export const keptTooLarge = (
  format: Format,
  body: RawBody,
  reason: Reason,
  { sentBytes, receivedAt }: { readonly sentBytes: number; readonly receivedAt: Date },
): Kept => ({
  ...keptRequest(format, { ...body, bytes: Buffer.alloc(0) }, reason),
  ...{ sentBytes, knownBy: `${sentBytes} bytes at ${receivedAt.toISOString()}` },
});

export function keyRefusal(key: string | undefined): Refusal {
  return key === undefined
    ? {
        status: 401,
        code: 'write-key-missing',
        detail:
          'Send a write key: as user of HTTP Basic, as Bearer, as header X-Write-Key, or as writeKey in the body',
      }
    : { status: 401, code: 'write-key-unknown', detail: WRITE_KEY_UNKNOWN };
}

const TOO_LARGE = new Set(['request-too-large', 'too-many-events', 'event-too-large']);

export function refusalFor({ code, message, path }: Reason): Refusal {
  const detail = code === 'event-too-large' ? `The event ${message}` : path ? `${path} ${message}` : message;
  if (TOO_LARGE.has(code)) return { status: 413, code: 'too-large', detail };
  return { status: code === 'encoding-unknown' ? 415 : 400, code, detail };
}
