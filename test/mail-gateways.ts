import type { Actor, MailAction } from './mail-action.js';
import type { Random } from './random.js';

/** What scans the mails of a company. */
export interface Gateway {
  scan(random: Random, delivered: number, links: readonly string[]): MailAction[];
}

const SECOND = 1_000;

/** Scanners call themselves what browsers do. */
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0',
] as const;

const seen = (
  actor: Actor,
  kind: 'email_open' | 'email_click',
  at: number,
  ip: string,
  more: Partial<MailAction> = {},
): MailAction => ({ actor, kind, at, ip, userAgent: AGENTS[0], ...more });

/** @param office some gateways stand in the office and share its address */
export function gateways(random: Random, office: string): Gateway | undefined {
  const pool = Array.from({ length: 6 }, () => random.address());
  const own = random.chance(0.3) ? office : (pool[0] ?? office);
  const kind = random.next();
  if (kind < 0.15) return atOnce(own, random.chance(0.2));
  if (kind < 0.3) return spread(pool);
  return kind < 0.4 ? headFirst(own) : undefined;
}

/** Follows all links within a second or two, most right at the delivery, some after a queue. */
const atOnce = (ip: string, isQueued: boolean): Gateway => ({
  scan(random, delivered, links) {
    let at =
      delivered +
      (isQueued ? 30 * SECOND + random.below(210 * SECOND) : random.below(34 * SECOND) - 4 * SECOND);
    const picture = random.chance(0.7) ? [seen('scanner at once', 'email_open', at, ip)] : [];
    return [
      ...picture,
      ...links.map((link) => {
        at += 50 + random.below(350);
        return seen('scanner at once', 'email_click', at, ip, { link });
      }),
    ];
  },
});

/** Follows them one after the other for some minutes, from changing addresses with changing names. */
const spread = (pool: readonly string[]): Gateway => ({
  scan(random, delivered, links) {
    let at = delivered + 5 * SECOND + random.below(85 * SECOND);
    const picture = random.chance(0.5)
      ? [seen('scanner spread', 'email_open', at - SECOND, random.pick(pool))]
      : [];
    return [
      ...picture,
      ...random.shuffled(links).map((link) => {
        const click = seen('scanner spread', 'email_click', at, random.pick(pool), {
          link,
          userAgent: random.pick(AGENTS),
        });
        at += 10 * SECOND + random.below(65 * SECOND);
        return click;
      }),
    ];
  },
});

/** Asks for the headers first, then follows; most also follow the link that nobody sees. */
const headFirst = (ip: string): Gateway => ({
  scan(random, delivered, links) {
    let at = delivered + 2 * SECOND + random.below(120 * SECOND);
    const trap = random.chance(0.8)
      ? [
          seen('scanner HEAD', 'email_click', at, ip, {
            link: 'https://www.seller.example/unseen',
            request: { isHoneypot: true },
          }),
        ]
      : [];
    return [
      ...trap,
      ...links.flatMap((link) => {
        at += 100 + random.below(3_000);
        const get = at + 50 + random.below(900);
        return [
          seen('scanner HEAD', 'email_click', at, ip, { link, request: { method: 'HEAD' } }),
          seen('scanner HEAD', 'email_click', get, ip, { link, request: { method: 'GET' } }),
        ];
      }),
    ];
  },
});
