import { isAllowedOrigin } from '../workspaces/collector-settings.js';
import type { CollectorKey, ResolveCollector } from './credentials.js';
import type { CollectorRoute, Credential, RequestHead } from './format.js';
import { HttpHead } from './http-head.js';
import type { Refusal } from './outcome.js';
import { isOfFormat } from './refusal.js';

/** What a credential opens of the format of a route. May reject with StoreUnavailable. */
export async function resolveFor(
  { resolveCollector }: { readonly resolveCollector: ResolveCollector },
  { format }: Pick<CollectorRoute, 'format'>,
  credential: Credential,
): Promise<CollectorKey | undefined> {
  const key = await resolveCollector(credential);
  return key && isOfFormat(key, credential, format) ? key : undefined;
}

/** Gives the head its collector. @returns the refusal of a page whose origin the collector does not allow */
export function admitKey({ config }: CollectorKey, head: RequestHead): Refusal | undefined {
  if (!config) return undefined;
  if (head instanceof HttpHead) head.collector = config;
  const { origin } = head.headers;
  if (typeof origin !== 'string' || isAllowedOrigin(origin, config.settings)) return undefined;
  const detail = `The collector "${config.name}" does not allow pages of ${origin.slice(0, 200)} to send`;
  return { status: 403, code: 'origin-not-allowed', detail };
}
