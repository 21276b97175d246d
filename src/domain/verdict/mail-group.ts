import { earlier } from '../identity/keys.js';
import { countsAsHuman } from '../touchpoint.js';
import { sameJudgement, type Judgement, type Rejudged } from './judgement.js';
import { judgeClicks } from './mail-clicks.js';
import { judgeOpens } from './mail-opens.js';
import type { GroupedTouch, MailGroup, MailTouch } from './mail-touch.js';

export const NO_MAIL: MailGroup = { sent: [], delivered: [], opens: [], clicks: [] };

/** So many are kept. What comes after them is judged by that alone, so a group is bounded, whoever clicks how often. */
const MOST_DELIVERIES = 8;
const MOST_OPENS = 30;
export const MOST_CLICKS = 50;

const firstTimes = (times: readonly number[], at: number): readonly number[] =>
  times.includes(at) ? times : [...times, at].sort((a, b) => a - b).slice(0, MOST_DELIVERIES);

function firstTouches(
  touches: readonly GroupedTouch[],
  touch: MailTouch,
  most: number,
): readonly GroupedTouch[] {
  const before = touches.filter((each) => earlier(each, touch));
  return [...before, touch, ...touches.slice(before.length)].slice(0, most);
}

/** The group with one more touchpoint. Whatever their order, the same touchpoints make the same group. */
export function addToMail(group: MailGroup, touch: MailTouch): MailGroup {
  switch (touch.part) {
    case 'sent':
      return { ...group, sent: firstTimes(group.sent, touch.at) };
    case 'delivered':
      return { ...group, delivered: firstTimes(group.delivered, touch.at) };
    case 'open':
      return { ...group, opens: firstTouches(group.opens, touch, MOST_OPENS) };
    case 'click':
      return { ...group, clicks: firstTouches(group.clicks, touch, MOST_CLICKS) };
  }
}

/** Marks a click, if it is one of those kept, as one of several recipients at once. */
export const markBurst = (group: MailGroup, id: string): MailGroup => ({
  ...group,
  clicks: group.clicks.map((click) => (click.id === id ? { ...click, isBurst: true } : click)),
});

/** What a group came to is what the next touchpoint is compared with. */
const known = new WeakMap<MailGroup, ReadonlyMap<string, Judgement>>();

/** Judgements of the opens and clicks that are kept, by event id: a function of the group alone. */
export function mailVerdicts(group: MailGroup): ReadonlyMap<string, Judgement> {
  const before = known.get(group);
  if (before) return before;
  const clicks = judgeClicks(group);
  const verdicts = new Map([...clicks, ...judgeOpens(group, clicks)]);
  known.set(group, verdicts);
  return verdicts;
}

/** What a touchpoint that is not kept is judged by: a person may open a mail often, but does not click it that often. */
const beyond = ({ part, own }: MailTouch): Judgement =>
  part !== 'click'
    ? own
    : {
        verdict: countsAsHuman(own.verdict) ? 'link_scanner' : own.verdict,
        reasons: ['too-many-clicks'],
      };

/**
 * What differs between two states of a group.
 *
 * @param added the touchpoint that the second one has more: it differs from its own judgement
 */
export function rejudged(before: MailGroup, after: MailGroup, added?: MailTouch): readonly Rejudged[] {
  if (before === after && !added) return [];
  const [was, is] = [mailVerdicts(before), mailVerdicts(after)];
  const touches = new Map(
    [...before.opens, ...before.clicks, ...after.opens, ...after.clicks, ...(added ? [added] : [])].map(
      (touch) => [touch.id, touch],
    ),
  );
  return [...touches.values()].flatMap((touch) => {
    const isKept = touch.part === 'open' || touch.part === 'click';
    const judgement = is.get(touch.id) ?? (isKept ? beyond(touch) : touch.own);
    return sameJudgement(was.get(touch.id) ?? touch.own, judgement)
      ? []
      : [{ id: touch.id, at: touch.at, keys: touch.keys, judgement }];
  });
}
