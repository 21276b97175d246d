/** Why a touchpoint has its verdict. Codes are public and do not change. */
export const VERDICT_REASONS = {
  'provider-says-machine': 'the mail provider marked it as a machine’s',
  'user-agent-crawler': 'the user agent names a crawler or a tool',
  'apple-mail-proxy': 'Apple Mail Privacy Protection loaded the pictures',
  'gmail-prefetch': 'Gmail loaded the pictures before it showed the mail',
  'prefetch-header': 'the request says that it is a prefetch',
  'head-request': 'the request asks for the headers alone',
  honeypot: 'a link that no person sees was followed',
  'scanner-network': 'it came from a network of a mail security provider',
  'soon-after-delivery': 'within seconds of the delivery',
  'before-open': 'a click within a minute of the delivery, and the mail was not opened before',
  'links-at-once': 'several links of one mail within seconds',
  'links-from-several-addresses': 'several links of one mail within minutes, from several addresses',
  'same-source': 'from the address and user agent of a machine at the same mail',
  'with-scanner': 'within seconds of a scanner’s click',
  'follows-scanner': 'soon after a scanner’s click, and the mail was not opened in between',
  'too-many-clicks': 'more clicks of one mail than a person makes',
  'recipients-at-once': 'clicks of several recipients of one company within seconds, or very many of one',
  'later-version':
    'a later version of the activity is known, by which it was otherwise or did not take place',
  rule: 'a rule of the workspace',
} as const;
export type VerdictReason = keyof typeof VERDICT_REASONS;

const ORDER = Object.keys(VERDICT_REASONS) as readonly VerdictReason[];
export const REASON_CODES = ORDER;

/** Each reason once, in the order of the list: the same reasons are the same text. */
export const inListOrder = (reasons: Iterable<VerdictReason>): readonly VerdictReason[] =>
  [...new Set(reasons)].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
