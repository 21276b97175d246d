import { arrivalIn, type Arrival } from './arrivals.js';
import { DAY, HOUR, MINUTE } from './calendar.js';
import { type Content, type Phase, urlOf } from './content.js';
import { deliver, type Mail, newsletter, nurture, NURTURE_DAYS } from './mail.js';
import type { Message } from './messages.js';
import type { Person } from './people.js';
import type { Program } from './program.js';
import { Random } from './random.js';
import { type EventContext, PersonTracker } from './person-tracker.js';
import { type VisitAction, viewsOf } from './visit.js';

/** Something that happens to a person, or that they set out to do. */
export type ScheduledEvent = { readonly at: number } & (
  | { readonly type: 'visit'; readonly phase: Phase; readonly aim?: 'demo' | 'trial' }
  | { readonly type: 'newsletter'; readonly mail: Mail }
  | { readonly type: 'nurture'; readonly mail: Mail }
  | { readonly type: 'webinar'; readonly content: Content }
  | { readonly type: 'fair'; readonly kiosk?: string }
  | { readonly type: 'sales'; readonly event: 'Call Completed' | 'Meeting Held'; readonly rep: string }
);

/** One person over the half-year. */
export class Buyer {
  readonly #random: Random;
  readonly #tracker: PersonTracker;
  readonly #program: Program;
  readonly #events: ScheduledEvent[];
  #isSubscribed = false;
  #isNurtured = false;
  #webinars = new Set<Content>();

  constructor(person: Person, events: readonly ScheduledEvent[], program: Program, until: number) {
    this.#random = new Random(`buyer ${person.id}`);
    this.#tracker = new PersonTracker(person, until);
    this.#program = program;
    const mails = program.newsletters.map((issue): ScheduledEvent => ({
      type: 'newsletter',
      at: issue.at,
      mail: newsletter(issue),
    }));
    this.#events = [...events, ...mails].sort((a, b) => a.at - b.at);
  }

  /** Simulates the buyer and returns the tracked messages. */
  simulate(): readonly Message[] {
    for (let scheduled = this.#events.shift(); scheduled; scheduled = this.#events.shift())
      this.#process(scheduled);
    return this.#tracker.messages;
  }

  #process(scheduled: ScheduledEvent): void {
    const { at } = scheduled;
    if (scheduled.type === 'visit') {
      this.#visit(at, scheduled.phase, arrivalIn(scheduled.phase, this.#random), scheduled);
    } else if (scheduled.type === 'newsletter') {
      if (this.#isSubscribed) this.#mail(at, scheduled.mail);
    } else if (scheduled.type === 'nurture') {
      this.#mail(at, scheduled.mail);
    } else if (scheduled.type === 'webinar') {
      this.#webinar(at, scheduled.content);
    } else if (scheduled.type === 'fair') {
      this.#fair(at, scheduled.kiosk);
    } else {
      this.#tracker.trackOffline(at, scheduled.event, { rep: scheduled.rep });
    }
  }

  #schedule(scheduled: ScheduledEvent): void {
    const later = this.#events.findIndex(({ at }) => at > scheduled.at);
    this.#events.splice(later < 0 ? this.#events.length : later, 0, scheduled);
  }

  #visit(
    at: number,
    phase: Phase,
    arrival: Arrival,
    { aim, browser = this.#browser() }: { aim?: 'demo' | 'trial'; browser?: string } = {},
  ): void {
    // Three in a hundred visits are made without network and reach the tracker days later.
    const late = this.#random.chance(0.03) ? Math.floor(this.#random.between(0.5, 6) * DAY) : 0;
    for (const [index, { content, after, action }] of viewsOf(this.#random, phase, arrival, aim).entries()) {
      this.#tracker.page({ at: at + after, browser, late }, content, index === 0 ? arrival : undefined);
      if (action) this.#perform(action, { at: at + after + 40_000, browser, late }, content);
    }
  }

  #browser(): string {
    const { devices } = this.#tracker.person;
    return (this.#random.chance(0.8) ? devices[0] : undefined) ?? this.#random.pick(devices);
  }

  #perform(action: VisitAction, context: EventContext, content: Content): void {
    if (action === 'chat') {
      this.#tracker.track(context, 'Live Chat Started', content);
      return;
    }
    if (!this.#tracker.isKnownOn(context.browser) && !this.#identify(action, context, content)) return;
    const then = { ...context, at: context.at + 2000 };
    const about = { title: content.title, url: urlOf(content) };
    if (action === 'download') {
      this.#tracker.track(then, 'Content Downloaded', content, about);
      this.#nurture(context.at);
    } else if (action === 'register') this.#register(then, content);
    else if (action === 'demo') this.#tracker.track(then, 'Demo Requested', content);
    else if (action === 'trial') {
      this.#tracker.alias({ ...context, at: context.at + 1500 });
      this.#tracker.track(then, 'Trial Started', content, { plan: 'trial-30' });
    }
  }

  /** Fills in the form, unless they would rather not. */
  #identify(action: VisitAction, context: EventContext, content: Content): boolean {
    const { person } = this.#tracker;
    const isEager = action === 'demo' || action === 'trial';
    if (!isEager && (!person.open || this.#random.chance(0.4))) return false;
    this.#tracker.track(context, 'Form Submitted', content, { form: action, email: person.email });
    this.#tracker.identify({ ...context, at: context.at + 1000 });
    this.#isSubscribed ||= action === 'subscribe' || this.#random.chance(0.6);
    return true;
  }

  /** The next webinar is attended by a little more than half of those who register. */
  #register(context: EventContext, content: Content): void {
    this.#tracker.track(context, 'Webinar Registered', content, {
      title: content.title,
      webinar_url: urlOf(content),
    });
    const next = this.#program.webinars.find((webinar) => webinar.at > context.at);
    if (!next || this.#webinars.has(next.content) || this.#random.chance(0.45)) return;
    this.#webinars.add(next.content);
    this.#schedule({ type: 'webinar', at: next.at, content: next.content });
  }

  /** The webinar tool's list of participants is uploaded two days later. */
  #webinar(at: number, { title, path }: Content): void {
    const properties = { title, webinar_url: urlOf({ title, path }), minutes: this.#random.int(12, 55) };
    this.#tracker.trackOffline(at, 'Webinar Attended', properties, { late: 2 * DAY });
  }

  /** Badges scanned at the booth are uploaded after the show. A kiosk is one browser shared by all visitors. */
  #fair(at: number, kiosk: string | undefined): void {
    this.#tracker.trackOffline(at, 'Trade Show Attended', { name: 'Factory Forward' }, { late: 4 * DAY });
    if (!kiosk) return;
    this.#visit(at + 10 * MINUTE, 'learn', {}, { aim: 'demo', browser: kiosk });
    this.#tracker.forget(kiosk);
  }

  #nurture(at: number): void {
    if (this.#isNurtured) return;
    this.#isNurtured = true;
    for (const [step, days] of NURTURE_DAYS.entries()) {
      this.#schedule({ type: 'nurture', at: at + days * DAY + HOUR, mail: nurture(step, this.#random) });
    }
  }

  #mail(at: number, mail: Mail): void {
    const reaction = deliver(mail, at, this.#tracker, this.#random);
    if (reaction.did === 'unsubscribe') this.#isSubscribed = false;
    if (reaction.did !== 'click') return;
    const browser = this.#random.pick(this.#tracker.person.devices);
    // The link carries who was written to: that makes a second browser known, too.
    if (!this.#tracker.isKnownOn(browser))
      this.#tracker.identify({ at: reaction.at + 500, browser, late: 0 });
    const phase = this.#random.chance(0.7) ? 'learn' : 'compare';
    this.#visit(reaction.at + 2000, phase, mail.arrival(reaction.landing), { browser });
  }
}
