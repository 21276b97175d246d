import type { Format } from '../format.js';
import { cloudevents } from './cloudevents.js';
import { crm } from './crm.js';
import { hubspot } from './hubspot.js';
import { links } from './links.js';
import { mailchimp } from './mailchimp.js';
import { mailgun } from './mailgun.js';
import { mandrill } from './mandrill.js';
import { native } from './native.js';
import { postmark } from './postmark.js';
import { salesforce } from './salesforce.js';
import { sendgrid } from './sendgrid.js';
import { ses } from './ses.js';
import { segment } from './segment.js';
import { snowplow } from './snowplow.js';

/** The wire formats of a server. */
export class Formats {
  /**
   * @param list those with routes of HTTP
   * @param deferred others by their names, loaded when they are first needed
   */
  constructor(
    readonly list: readonly Format[],
    private readonly deferred: Readonly<Record<string, () => Promise<Format>>> = {},
  ) {}

  get names(): readonly string[] {
    return [...this.list.map(({ name }) => name), ...Object.keys(this.deferred)];
  }

  async named(name: string): Promise<Format | undefined> {
    const found = this.list.find((format) => format.name === name);
    return found ?? (Object.hasOwn(this.deferred, name) ? this.deferred[name]?.() : undefined);
  }

  async all(): Promise<readonly Format[]> {
    return [...this.list, ...(await Promise.all(Object.values(this.deferred).map((load) => load())))];
  }
}

/**
 * Every wire format; a new one is its file, a line here and fixture pairs in test/formats/<name>. Protobuf takes 8 MB, and most
 * servers never meet it; contacts and opportunities are imported from files.
 */
export const FORMATS = new Formats(
  [
    native,
    segment,
    snowplow,
    cloudevents,
    sendgrid,
    mailgun,
    postmark,
    ses,
    mandrill,
    mailchimp,
    hubspot,
    salesforce,
    crm,
    links,
  ],
  {
    contact: async () => (await import('./contact.js')).contact,
    opportunity: async () => (await import('./opportunity.js')).opportunity,
    protobuf: async () => (await import('./protobuf.js')).protobuf,
  },
);
