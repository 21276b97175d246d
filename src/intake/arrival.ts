import { originOf } from '../domain/channel.js';
import { LABEL_LENGTH, tagLabel } from '../domain/label.js';
import type { Channel, Touchpoint, TouchpointKind } from '../domain/touchpoint.js';
import { type Address, refererOf } from './address.js';
import { defined, labelOf, nonEmpty } from './values.js';

/** How a message says the buyer came: its own fields, which go before the address of the page and the referrer. */
export interface Came {
  readonly kind: TouchpointKind;
  readonly channel?: Channel | null | undefined;
  readonly source?: unknown;
  readonly medium?: unknown;
  readonly campaign?: unknown;
  readonly address: Address | undefined;
  readonly referrer: string | undefined;
}

type Arrived = Pick<Touchpoint, 'channel' | 'source' | 'medium' | 'campaign' | 'asTagged'>;

/** Channel and labels of a touchpoint, the same for every format. */
export function arrivalOf({ kind, channel, address, referrer, ...given }: Came): Arrived {
  const source = tagOf(given.source, address?.source);
  const medium = tagOf(given.medium, address?.medium);
  const campaign = labelOf(given.campaign) ?? labelOf(address?.campaign);
  const origin = originOf({
    kind,
    source: source?.label,
    medium: medium?.label,
    campaign,
    parameters: address?.parameters,
    page: address?.place,
    referrer: refererOf(referrer),
  });
  const asTagged = nonEmpty(defined({ source: source?.original, medium: medium?.original }));
  return { ...origin, ...defined({ channel: channel ?? undefined, campaign, asTagged }) };
}

interface Tag {
  readonly label: string;
  /** As it was written, where that is another text. */
  readonly original?: string;
}

/** The first that is no blank. */
function tagOf(...values: readonly unknown[]): Tag | undefined {
  for (const value of values) {
    const text = typeof value === 'number' ? String(value) : value;
    const label = typeof text === 'string' ? tagLabel(text) : undefined;
    if (label !== undefined && typeof text === 'string')
      return label === text ? { label } : { label, original: storableText(text) };
  }
  return undefined;
}

/** What an address decodes to may hold a NUL, which PostgreSQL does not store. */
const storableText = (text: string): string =>
  text.slice(0, LABEL_LENGTH).toWellFormed().replaceAll('\0', '\ufffd');
