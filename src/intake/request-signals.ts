import type { Headers } from './format.js';

/** What the request for a picture or a link of a mail says of who makes it. Undefined: nothing was seen of it. */
export interface RequestSignals {
  readonly method?: string;
  /** One of the headers by which browsers and proxies mark what they load ahead. */
  readonly isPrefetch?: boolean;
  /** The link is in the mail, but no person can see it. */
  readonly isHoneypot?: boolean;
}

/** `Sec-Purpose: prefetch;prerender`, and what stood before it in Chromium, Safari and Firefox. */
const PREFETCH_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const;
const AHEAD = /prefetch|prerender|preview/i;

export const requestSignals = (
  { method, headers }: { readonly method: string; readonly headers: Headers },
  isHoneypot = false,
): RequestSignals => ({
  method,
  isPrefetch: PREFETCH_HEADERS.some((name) => AHEAD.test(String(headers[name] ?? ''))),
  isHoneypot,
});
