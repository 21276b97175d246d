import { LRUCache } from 'lru-cache';
import { StoreUnavailable } from '../event-store/event-store.js';
import type { VerificationServices } from './format.js';

const FETCH_MS = 5_000;
/** A certificate has some 2 KB. */
const FETCHED_BYTES = 64 * 1024;
const FETCHED_TEXTS = 100;
/** At once, whatever addresses requests that are not verified yet name. */
const MOST_FETCHES = 8;
const HOUR_MS = 3_600_000;

/** What signatures are checked with. */
export class Verification implements VerificationServices {
  /** What was fetched alone: what is under way would take the place of what is known. */
  private readonly texts = new LRUCache<string, string>({ max: FETCHED_TEXTS, ttl: 24 * HOUR_MS });
  private readonly fetching = new Map<string, Promise<string>>();

  async fetchText(url: string): Promise<string> {
    const known = this.texts.get(url) ?? this.fetching.get(url);
    if (known !== undefined) return known;
    if (this.fetching.size >= MOST_FETCHES)
      throw new StoreUnavailable('Too many certificates are being fetched', 5);
    const fetched = fetchText(url).finally(() => this.fetching.delete(url));
    this.fetching.set(url, fetched);
    const text = await fetched;
    this.texts.set(url, text);
    return text;
  }

  request(url: string): Promise<string> {
    return fetchText(url);
  }
}

/** Redirects are not followed: the address was checked, another was not. */
async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    return await readText(response);
  } catch (cause) {
    throw new StoreUnavailable(`${url} cannot be fetched`, 30, { cause });
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > FETCHED_BYTES) throw new Error(`it has more than ${FETCHED_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
