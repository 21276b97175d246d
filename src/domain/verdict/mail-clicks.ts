import { countsAsHuman } from '../touchpoint.js';
import type { Judgement } from './judgement.js';
import { inListOrder, type VerdictReason } from './reasons.js';
import type { GroupedTouch, MailGroup } from './mail-touch.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Scanners follow links from before the mail server has accepted the mail until seconds after. */
const BEFORE_DELIVERY = 10 * MINUTE;
const SOON_AFTER_DELIVERY = 10 * SECOND;
const WITHOUT_OPEN = 60 * SECOND;
/** Within one of these several links are followed at once: so many different ones in so many ms. */
const AT_ONCE = [
  { links: 2, within: SECOND },
  { links: 3, within: 6 * SECOND },
] as const;
/** A scanner that spreads its clicks over time and addresses. */
const SPREAD = { links: 3, addresses: 2, within: 10 * MINUTE } as const;
/** Between two clicks of a scanner that spreads them. */
const PAUSE = 2 * MINUTE;
/** What a scanner began it ends within this time. */
export const SCAN = 10 * MINUTE;

type Reasons = Map<GroupedTouch, Set<VerdictReason>>;

/** The clicks of one mail by one recipient. */
export function judgeClicks(group: MailGroup): ReadonlyMap<string, Judgement> {
  const { clicks } = group;
  const found: Reasons = new Map(clicks.map((click) => [click, new Set()]));
  byDelivery(group, found);
  for (const window of AT_ONCE) manyLinks(clicks, window.within, found, window.links);
  for (const click of clicks) if (click.isBurst) found.get(click)?.add('recipients-at-once');
  spreadLinks(group, found);
  byScanner(group, found);
  return new Map(clicks.map((click) => [click.id, judged(click, found.get(click) ?? new Set())]));
}

function judged({ own }: GroupedTouch, reasons: ReadonlySet<VerdictReason>): Judgement {
  const all = inListOrder([...own.reasons, ...reasons]);
  return {
    verdict: reasons.size > 0 && countsAsHuman(own.verdict) ? 'link_scanner' : own.verdict,
    reasons: all,
  };
}

/** The deliveries, else when the mail was sent. */
export const deliveriesOf = ({ delivered, sent }: MailGroup): readonly number[] =>
  delivered.length > 0 ? delivered : sent;

export const isSoonAfter = (deliveries: readonly number[], at: number, within: number): boolean =>
  deliveries.some((delivery) => at <= delivery + within && at >= delivery - BEFORE_DELIVERY);

function byDelivery(group: MailGroup, found: Reasons): void {
  const deliveries = deliveriesOf(group);
  for (const [click, reasons] of found) {
    if (isSoonAfter(deliveries, click.at, SOON_AFTER_DELIVERY)) reasons.add('soon-after-delivery');
    const isOpened = group.opens.some(({ at }) => at <= click.at);
    if (!isOpened && isSoonAfter(deliveries, click.at, WITHOUT_OPEN)) reasons.add('before-open');
  }
}

/** Every run of clicks, by time, that begin within a time of the first one. */
function* windows(clicks: readonly GroupedTouch[], within: number): Generator<readonly GroupedTouch[]> {
  for (const [nth, first] of clicks.entries()) {
    const end = clicks.findIndex(({ at }) => at > first.at + within);
    yield clicks.slice(nth, end === -1 ? undefined : end);
  }
}

const distinct = (values: Iterable<string | undefined>): number => new Set(values).size;

function manyLinks(clicks: readonly GroupedTouch[], within: number, found: Reasons, links: number): void {
  if (clicks.length < links) return;
  for (const run of windows(clicks, within))
    if (distinct(run.map(({ link }) => link)) >= links)
      for (const click of run) found.get(click)?.add('links-at-once');
}

/**
 * Of clicks that nothing else explains: a person may click soon after a scanner, from another address. Nor is one of them who
 * opened the mail, and clicks what was clicked already.
 */
function spreadLinks(group: MailGroup, found: Reasons): void {
  const unexplained = group.clicks.filter((click) => !isMachine(click, found));
  if (unexplained.length < SPREAD.links) return;
  for (const run of windows(unexplained, SPREAD.within)) {
    const addresses = distinct(run.flatMap(({ address }) => address ?? []));
    if (addresses < SPREAD.addresses || distinct(run.map(({ link }) => link)) < SPREAD.links) continue;
    for (const click of run)
      if (!isRepeated(group, click) || !isOpenedBefore(group, click))
        found.get(click)?.add('links-from-several-addresses');
  }
}

const isRepeated = ({ clicks }: MailGroup, click: GroupedTouch): boolean =>
  clicks.slice(0, clicks.indexOf(click)).some(({ at, link }) => link === click.link && click.at - at <= SCAN);

/** Whether somebody seems to have read the mail shortly before a click. */
const isOpenedBefore = (group: MailGroup, click: GroupedTouch): boolean =>
  group.opens.some(({ at, own }) => at <= click.at && at > click.at - SCAN && countsAsHuman(own.verdict));

/** What else the scanners did whose clicks were found by their own or other signals. */
function byScanner(group: MailGroup, found: Reasons): void {
  const sure = group.clicks.filter((click) => isMachine(click, found));
  if (sure.length === 0) return;
  let last: GroupedTouch | undefined;
  for (const [click, reasons] of found) {
    if (!isMachine(click, found)) {
      if (sure.some((scan) => Math.abs(scan.at - click.at) <= SCAN && isSameSource(scan, click)))
        reasons.add('same-source');
      if (last && isFollowing(group, last, click)) reasons.add('follows-scanner');
    }
    if (isMachine(click, found)) last = click;
  }
}

const isMachine = (click: GroupedTouch, found: Reasons): boolean =>
  (found.get(click)?.size ?? 0) > 0 || !countsAsHuman(click.own.verdict);

const isFollowing = ({ opens }: MailGroup, scan: GroupedTouch, click: GroupedTouch): boolean =>
  click.at - scan.at <= PAUSE && !opens.some(({ at }) => at > scan.at && at <= click.at);

/** The same address is not enough: a company's scanner and its staff may share one. */
export const isSameSource = (a: GroupedTouch, b: GroupedTouch): boolean =>
  a.address !== undefined && a.address === b.address && a.agent === b.agent;
