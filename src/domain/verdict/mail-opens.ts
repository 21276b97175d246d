import { countsAsHuman } from '../touchpoint.js';
import type { Judgement } from './judgement.js';
import { inListOrder, type VerdictReason } from './reasons.js';
import { deliveriesOf, isSameSource, isSoonAfter, SCAN } from './mail-clicks.js';
import type { GroupedTouch, MailGroup } from './mail-touch.js';

const SOON_AFTER_DELIVERY = 5_000;
const WITH_SCANNER = 3_000;

/** The opens of one mail by one recipient, once its clicks are judged. */
export function judgeOpens(
  group: MailGroup,
  clicks: ReadonlyMap<string, Judgement>,
): ReadonlyMap<string, Judgement> {
  const deliveries = deliveriesOf(group);
  const scans = group.clicks.filter(({ id }) => !countsAsHuman(clicks.get(id)?.verdict ?? 'unknown'));
  return new Map(group.opens.map((open) => [open.id, judged(open, reasonsOf(open, deliveries, scans))]));
}

function reasonsOf(
  open: GroupedTouch,
  deliveries: readonly number[],
  scans: readonly GroupedTouch[],
): VerdictReason[] {
  const reasons: VerdictReason[] = [];
  if (isSoonAfter(deliveries, open.at, SOON_AFTER_DELIVERY)) reasons.push('soon-after-delivery');
  if (scans.some((scan) => Math.abs(scan.at - open.at) <= SCAN && isSameSource(scan, open)))
    reasons.push('same-source');
  if (scans.some((scan) => Math.abs(scan.at - open.at) <= WITH_SCANNER)) reasons.push('with-scanner');
  return reasons;
}

const judged = ({ own }: GroupedTouch, reasons: readonly VerdictReason[]): Judgement => ({
  verdict: reasons.length > 0 && countsAsHuman(own.verdict) ? 'machine_open' : own.verdict,
  reasons: inListOrder([...own.reasons, ...reasons]),
});
