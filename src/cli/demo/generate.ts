import { Buyer } from './buyer.js';
import { DAY, officeTime } from './calendar.js';
import { BLOG, CASES, DOCS, PRODUCT, urlOf } from './content.js';
import { type Opportunity, pipeline } from './opportunities.js';
import { isTouch, type Message, Outbox } from './messages.js';
import { scheduleEvents } from './scheduled-events.js';
import { type Account, population } from './people.js';
import { programOf } from './program.js';
import { Random } from './random.js';

export const DEMO_DAYS = 26 * 7;
export const DEMO_PEOPLE = 2_500;

export interface DemoData {
  readonly from: Date;
  /** Nothing happened at or after it. */
  readonly until: Date;
  readonly accounts: readonly Account[];
  readonly opportunities: readonly Opportunity[];
  /** In the order in which they reach the collector: late ones late, some of them twice. */
  readonly messages: readonly Message[];
  /** Different touchpoints among the messages. */
  readonly touchpoints: number;
}

/** Ids of another size do not meet those of the full one, so both fit into one workspace. */
export const prefixOf = (people: number): string => (people === DEMO_PEOPLE ? 'demo' : `demo${people}`);

export const opportunitiesOf = (people: number): number => Math.max(1, Math.round(people * 0.16));

/**
 * Half a year of Brightwork, which sells maintenance software to factories. The same for the same arguments.
 *
 * @param until a Monday, 00:00 UTC
 */
export function generate(until: Date, people = DEMO_PEOPLE): DemoData {
  const prefix = prefixOf(people);
  const to = +until;
  const from = to - DEMO_DAYS * DAY;
  const accounts = population(prefix, people);
  const opportunities = pipeline(prefix, accounts, opportunitiesOf(people), from, to);
  const program = programOf(from, to);
  const once = [...scheduleEvents(accounts, opportunities, program, from, to)].flatMap(([person, moments]) =>
    new Buyer(person, moments, program, to).simulate(),
  );
  once.push(...crawlers(prefix, Math.ceil(people / 100), from, to));
  const messages = [...once, ...resent(prefix, once)].sort(bySending);
  return {
    from: new Date(from),
    until,
    accounts,
    opportunities,
    messages,
    touchpoints: once.filter(isTouch).length,
  };
}

const bySending = (a: Message, b: Message): number =>
  a.sentAt - b.sentAt || (a.params.messageId < b.params.messageId ? -1 : 1);

/** Search engines and headless browsers read the site, too. */
function crawlers(prefix: string, count: number, from: number, until: number): Message[] {
  const agents = [
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36',
  ];
  return Array.from({ length: count }, (_, index) => {
    const origin = `${prefix}-bot-${index + 1}`;
    const random = new Random(origin);
    const out = new Outbox(origin, until);
    const context = { userAgent: random.pick(agents) };
    let at = officeTime(random, from, until);
    for (const content of random.sample([...BLOG, ...CASES, ...DOCS, ...PRODUCT], 20)) {
      const { path, title } = content;
      out.send('page', (at += 1500), {
        anonymousId: origin,
        properties: { url: urlOf(content), path, title },
        context,
      });
    }
    return out.messages;
  }).flat();
}

/** One in a hundred messages is sent again, word for word, soon or two days later. */
function resent(prefix: string, messages: readonly Message[]): Message[] {
  const random = new Random(`${prefix} resent`);
  return messages
    .filter(() => random.chance(0.01))
    .map((message) => ({ ...message, sentAt: message.sentAt + Math.floor(random.between(0, 2) * DAY) }));
}
