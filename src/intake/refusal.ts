import type { CollectorKey } from '../http/known-keys.js';
import { WRITE_KEY_UNKNOWN } from './credentials.js';
import type { Credential, Format } from './format.js';
import type { Outcome, Reason, Refusal } from './outcome.js';

/** A step ended the request. */
export interface Refused {
  readonly refusal: Refusal;
}

const KEY_MISSING: Refusal = {
  status: 401,
  code: 'write-key-missing',
  detail:
    'Send a write key: as user of HTTP Basic, as Bearer, as header X-Write-Key, or as writeKey in the body',
};
const KEY_UNKNOWN: Refusal = { status: 401, code: 'write-key-unknown', detail: WRITE_KEY_UNKNOWN };

export const keyRefusal = (key: string | undefined): Refusal =>
  key === undefined ? KEY_MISSING : KEY_UNKNOWN;

/** What a request is refused with whose credential opens no collector of this format. */
export function credentialRefusal(
  credential: Credential | undefined,
  { name }: Pick<Format, 'name'>,
): Refusal {
  if (credential?.kind === 'collector-id')
    return {
      ...{ status: 404, code: 'collector-unknown' },
      detail: `There is no collector of the format ${name} with this id; GET /api/collectors lists the ids`,
    };
  if (credential?.kind === 'app-id')
    return {
      ...{ status: 401, code: 'app-id-unknown' },
      detail:
        'This app id belongs to no collector; add it to the appIds of one, or send a write key as app id',
    };
  return keyRefusal(credential?.value);
}

/** A collector that is configured for another format has no endpoint of this one. */
export const isOfFormat = (
  { config }: CollectorKey,
  { kind }: Credential,
  { name }: Pick<Format, 'name'>,
): boolean => kind !== 'collector-id' || config?.format === name;

const UNSUPPORTED = new Set(['encoding-unknown', 'content-type-unknown']);
const TOO_LARGE = new Set(['request-too-large', 'too-many-events', 'event-too-large']);

/** What a request is refused with that was rejected for this reason. */
export function refusalFor({ code, message, path }: Reason): Refusal {
  const detail = code === 'event-too-large' ? `The event ${message}` : path ? `${path} ${message}` : message;
  if (TOO_LARGE.has(code)) return { status: 413, code: 'too-large', detail };
  return { status: UNSUPPORTED.has(code) ? 415 : 400, code, detail };
}

/** An event over the size that came alone refuses its request; one in a list only itself. */
export function refusalOfSingle([only]: readonly Outcome[]): Refusal | undefined {
  if (only?.status !== 'rejected' || only.reason.code !== 'event-too-large') return undefined;
  return refusalFor(only.reason);
}

/** Who owns the share of the budget that a request with this key holds. */
export const shareOf = ({ workspace, collector, quota }: CollectorKey): string =>
  `collect/${quota?.id ?? `${workspace}/${collector}`}`;
