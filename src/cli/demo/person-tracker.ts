import type { Arrival } from './arrivals.js';
import { type Content, SITE, urlOf } from './content.js';
import { type Message, Outbox } from './messages.js';
import type { Person } from './people.js';
import { addressOf } from './visit.js';

/** Where and when something is done on the web site. */
export interface EventContext {
  readonly at: number;
  /** Anonymous id of the browser. */
  readonly browser: string;
  /** Milliseconds until the tracker gets it through. */
  readonly late: number;
}

type Properties = Readonly<Record<string, unknown>>;

/** The messages of trackers about one person: the web site's, which identifies its visitor, and those of other systems. */
export class PersonTracker {
  readonly #out: Outbox;
  /** Browsers that have said who sits before them. */
  readonly #known = new Set<string>();

  constructor(
    readonly person: Person,
    until: number,
  ) {
    this.#out = new Outbox(person.id, until);
  }

  get messages(): readonly Message[] {
    return this.#out.messages;
  }

  isKnownOn(browser: string): boolean {
    return this.#known.has(browser);
  }

  forget(browser: string): void {
    this.#known.delete(browser);
  }

  page({ at, browser, late }: EventContext, content: Content, landed?: Arrival): void {
    const { path, title } = content;
    const referrer = landed ? landed.referrer : `${SITE}/`;
    const properties = { path, title, url: addressOf(content, landed), ...(referrer ? { referrer } : {}) };
    this.#out.send('page', at, { ...this.#who(browser), properties, context: this.#context() }, late);
  }

  track(
    { at, browser, late }: EventContext,
    event: string,
    page: Content,
    properties: Properties = {},
  ): void {
    this.#out.send(
      'track',
      at,
      { ...this.#who(browser), event, properties, context: this.#context(page) },
      late,
    );
  }

  /** Identifies the visitor of the browser; the first time with the company. */
  identify({ at, browser, late }: EventContext): void {
    const { id, account, name, email, title } = this.person;
    const { employees, country, industry } = account;
    const isFirst = this.#known.size === 0;
    this.#known.add(browser);
    const traits = { email, name, title, company: account.name, country, employees };
    this.#out.send('identify', at, { userId: id, anonymousId: browser, traits }, late);
    if (!isFirst || !account.described) return;
    const accountTraits = {
      name: account.name,
      website: `https://www.${account.domain}`,
      industry,
      employees,
      country,
    };
    this.#out.send('group', at + 500, { userId: id, groupId: account.id, traits: accountTraits }, late);
  }

  alias({ at, browser }: EventContext): void {
    this.#out.send('alias', at, { userId: this.person.id, previousId: browser });
  }

  /** From systems that know the person: the mail provider, the CRM, the webinar tool. */
  trackOffline(at: number, event: string, properties: Properties, { late = 0, userAgent = '' } = {}): void {
    const { id, email } = this.person;
    const context = { traits: { email }, ...(userAgent ? { userAgent } : {}) };
    this.#out.send('track', at, { userId: id, event, properties, context }, late);
  }

  #who(browser: string): { anonymousId: string; userId?: string } {
    return this.#known.has(browser)
      ? { anonymousId: browser, userId: this.person.id }
      : { anonymousId: browser };
  }

  #context(page?: Content): Properties {
    const where = page ? { page: { url: urlOf(page), path: page.path, title: page.title } } : {};
    return { userAgent: this.person.agent, ...where };
  }
}
