import { arrivalIn, type Arrival } from './arrivals.js';
import { DAY, HOUR, MINUTE } from './calendar.js';
import { type Content, type Phase, urlOf } from './content.js';
import { deliver, type Mail, newsletter, nurture, NURTURE_DAYS } from './mail.js';
import type { Message } from './messages.js';
import type { Person } from './people.js';
import type { Program } from './program.js';
import { Random } from './random.js';
import { type Spot, Tracked } from './tracked.js';
import { type Deed, viewsOf } from './visit.js';

/** Something that happens to a person, or that they set out to do. */
export type Moment = { readonly at: number } & (
  | { readonly what: 'visit'; readonly phase: Phase; readonly aim?: 'demo' | 'trial' }
  | { readonly what: 'newsletter'; readonly mail: Mail }
  | { readonly what: 'nurture'; readonly mail: Mail }
  | { readonly what: 'webinar'; readonly content: Content }
  | { readonly what: 'fair'; readonly kiosk?: string }
  | { readonly what: 'sales'; readonly event: 'Call Completed' | 'Meeting Held'; readonly rep: string }
);

/** One person over the half-year. */
export class Buyer {
  readonly #random: Random;
  readonly #tracked: Tracked;
  readonly #program: Program;
  readonly #moments: Moment[];
  #isSubscribed = false;
  #isNurtured = false;
  #webinars = new Set<Content>();

  constructor(person: Person, moments: readonly Moment[], program: Program, until: number) {
    this.#random = new Random(`buyer ${person.id}`);
    this.#tracked = new Tracked(person, until);
    this.#program = program;
    const mails = program.newsletters.map((issue): Moment => ({
      what: 'newsletter',
      at: issue.at,
      mail: newsletter(issue),
    }));
    this.#moments = [...moments, ...mails].sort((a, b) => a.at - b.at);
  }

  /** Lives through it and tells what was tracked. */
  live(): readonly Message[] {
    for (let moment = this.#moments.shift(); moment; moment = this.#moments.shift()) this.#meet(moment);
    return this.#tracked.messages;
  }

  #meet(moment: Moment): void {
    const { at } = moment;
    if (moment.what === 'visit') {
      this.#visit(at, moment.phase, arrivalIn(moment.phase, this.#random), moment);
    } else if (moment.what === 'newsletter') {
      if (this.#isSubscribed) this.#mail(at, moment.mail);
    } else if (moment.what === 'nurture') {
      this.#mail(at, moment.mail);
    } else if (moment.what === 'webinar') {
      this.#webinar(at, moment.content);
    } else if (moment.what === 'fair') {
      this.#fair(at, moment.kiosk);
    } else {
      this.#tracked.elsewhere(at, moment.event, { rep: moment.rep });
    }
  }

  #plan(moment: Moment): void {
    const later = this.#moments.findIndex(({ at }) => at > moment.at);
    this.#moments.splice(later < 0 ? this.#moments.length : later, 0, moment);
  }

  #visit(
    at: number,
    phase: Phase,
    arrival: Arrival,
    { aim, browser = this.#browser() }: { aim?: 'demo' | 'trial'; browser?: string } = {},
  ): void {
    // Three in a hundred visits are made without network and reach the tracker days later.
    const late = this.#random.chance(0.03) ? Math.floor(this.#random.between(0.5, 6) * DAY) : 0;
    for (const [index, { content, after, deed }] of viewsOf(this.#random, phase, arrival, aim).entries()) {
      this.#tracked.page({ at: at + after, browser, late }, content, index === 0 ? arrival : undefined);
      if (deed) this.#do(deed, { at: at + after + 40_000, browser, late }, content);
    }
  }

  #browser(): string {
    const { devices } = this.#tracked.person;
    return (this.#random.chance(0.8) ? devices[0] : undefined) ?? this.#random.pick(devices);
  }

  #do(deed: Deed, spot: Spot, content: Content): void {
    if (deed === 'chat') {
      this.#tracked.track(spot, 'Live Chat Started', content);
      return;
    }
    if (!this.#tracked.isKnownOn(spot.browser) && !this.#introduce(deed, spot, content)) return;
    const then = { ...spot, at: spot.at + 2000 };
    const about = { title: content.title, url: urlOf(content) };
    if (deed === 'download') {
      this.#tracked.track(then, 'Content Downloaded', content, about);
      this.#nurture(spot.at);
    } else if (deed === 'register') this.#register(then, content);
    else if (deed === 'demo') this.#tracked.track(then, 'Demo Requested', content);
    else if (deed === 'trial') {
      this.#tracked.alias({ ...spot, at: spot.at + 1500 });
      this.#tracked.track(then, 'Trial Started', content, { plan: 'trial-30' });
    }
  }

  /** Fills in the form, unless they would rather not. */
  #introduce(deed: Deed, spot: Spot, content: Content): boolean {
    const { person } = this.#tracked;
    const isEager = deed === 'demo' || deed === 'trial';
    if (!isEager && (!person.open || this.#random.chance(0.4))) return false;
    this.#tracked.track(spot, 'Form Submitted', content, { form: deed, email: person.email });
    this.#tracked.identify({ ...spot, at: spot.at + 1000 });
    this.#isSubscribed ||= deed === 'subscribe' || this.#random.chance(0.6);
    return true;
  }

  /** The next webinar is attended by a little more than half of those who register. */
  #register(spot: Spot, content: Content): void {
    this.#tracked.track(spot, 'Webinar Registered', content, {
      title: content.title,
      webinar_url: urlOf(content),
    });
    const next = this.#program.webinars.find((webinar) => webinar.at > spot.at);
    if (!next || this.#webinars.has(next.content) || this.#random.chance(0.45)) return;
    this.#webinars.add(next.content);
    this.#plan({ what: 'webinar', at: next.at, content: next.content });
  }

  /** The webinar tool's list of participants is uploaded two days later. */
  #webinar(at: number, { title, path }: Content): void {
    const properties = { title, webinar_url: urlOf({ title, path }), minutes: this.#random.int(12, 55) };
    this.#tracked.elsewhere(at, 'Webinar Attended', properties, { late: 2 * DAY });
  }

  /** Badges scanned at the booth are uploaded after the show. A kiosk there is one browser for everybody. */
  #fair(at: number, kiosk: string | undefined): void {
    this.#tracked.elsewhere(at, 'Trade Show Attended', { name: 'Factory Forward' }, { late: 4 * DAY });
    if (!kiosk) return;
    this.#visit(at + 10 * MINUTE, 'learn', {}, { aim: 'demo', browser: kiosk });
    this.#tracked.forget(kiosk);
  }

  #nurture(at: number): void {
    if (this.#isNurtured) return;
    this.#isNurtured = true;
    for (const [step, days] of NURTURE_DAYS.entries()) {
      this.#plan({ what: 'nurture', at: at + days * DAY + HOUR, mail: nurture(step, this.#random) });
    }
  }

  #mail(at: number, mail: Mail): void {
    const reaction = deliver(mail, at, this.#tracked, this.#random);
    if (reaction.did === 'unsubscribe') this.#isSubscribed = false;
    if (reaction.did !== 'click') return;
    const browser = this.#random.pick(this.#tracked.person.devices);
    // The link carries who was written to: that makes a second browser known, too.
    if (!this.#tracked.isKnownOn(browser))
      this.#tracked.identify({ at: reaction.at + 500, browser, late: 0 });
    const phase = this.#random.chance(0.7) ? 'learn' : 'compare';
    this.#visit(reaction.at + 2000, phase, mail.arrival(reaction.landing), { browser });
  }
}
