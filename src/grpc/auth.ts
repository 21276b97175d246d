import type { Metadata } from '@grpc/grpc-js';
import { API_KEY_UNKNOWN, bearerOf } from '../http/auth.guard.js';
import type { OpensKeys } from '../http/keys.js';
import type { CollectorKey } from '../http/known-keys.js';
import { Problem } from '../http/problem.js';
import { keyInHeaders, WRITE_KEY_UNKNOWN } from '../intake/credentials.js';

/**
 * What the write key of a call opens: metadata `authorization` (Bearer, or Basic with the key as user) or `x-write-key`.
 *
 * @throws Problem 401, StoreUnavailable
 */
export async function openedByWriteKey(keys: OpensKeys, metadata: Metadata): Promise<CollectorKey> {
  const key = keyInHeaders({
    authorization: textOf(metadata, 'authorization'),
    'x-write-key': textOf(metadata, 'x-write-key'),
  });
  if (key === undefined) {
    throw new Problem(
      401,
      'write-key-missing',
      'Send a write key in the metadata: "authorization: Bearer wk_…", Basic with the key as user, or "x-write-key: wk_…"',
    );
  }
  const opened = await keys.resolveWriteKey(key);
  if (opened === undefined) throw new Problem(401, 'write-key-unknown', WRITE_KEY_UNKNOWN);
  return opened;
}

/** The workspace that the API key of a call opens: metadata `authorization: Bearer ak_…`. @throws as above */
export async function openedByApiKey(keys: OpensKeys, metadata: Metadata): Promise<string> {
  const key = bearerOf(textOf(metadata, 'authorization'));
  if (key === undefined) {
    const detail = 'Send an API key in the metadata: "authorization: Bearer ak_…"';
    throw new Problem(401, 'api-key-missing', detail);
  }
  const workspace = await keys.resolveApiKey(key);
  if (workspace !== undefined) return workspace;
  throw new Problem(401, 'api-key-unknown', API_KEY_UNKNOWN);
}

function textOf(metadata: Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return typeof value === 'string' ? value : undefined;
}
