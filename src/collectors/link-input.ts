import { Type } from 'typebox';
import { emailAddress } from '../domain/email.js';
import { LINK_TYPES, type Link } from '../intake/formats/links/token.js';
import { type Static } from '../intake/schema.js';
import { Problem } from '../http/problem.js';
import { checkBody } from '../intake/body-check.js';

const closed = { additionalProperties: false } as const;
const text = (description: string, maxLength = 256) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }));

/** Longer tokens do not fit into every mail program's links. */
const LONGEST_URL = 2_000;
const MOST_LINKS = 1_000;

const linkFields = {
  type: Type.Enum([...LINK_TYPES], {
    description: '`open`: a picture; `click`: a link; `honeypot`: a link that no person sees, for scanners',
  }),
  email: text('Of the recipient; this or `userId`', 254),
  userId: text('Of the recipient'),
  url: text('Where it leads: http or https; required unless it is a picture', LONGEST_URL),
  campaign: text('Of the mail'),
  content: Type.Optional(
    Type.Object(
      { id: text('Content id'), title: text('Title') },
      { ...closed, description: 'What it offers' },
    ),
  ),
  mailId: text('Of the mail, the same in all its links: its opens and clicks are judged together'),
  expiresAt: Type.Optional(
    Type.String({ format: 'date-time', description: 'Default: the end of the day in a year' }),
  ),
};

export const linkSchema = Type.Object(linkFields, closed);

const collector = text('Id or name of a collector of the format links; default: links, which is added', 63);

/** One link, or several of one collector. */
export const newLinkSchema = Type.Object({ collector, ...linkFields }, closed);
export const newLinksSchema = Type.Object(
  { collector, links: Type.Array(linkSchema, { minItems: 1, maxItems: MOST_LINKS }) },
  closed,
);

export type LinkInput = Static<typeof linkSchema>;

const [one, several] = [checkBody(newLinkSchema), checkBody(newLinksSchema)];

/** @throws Problem 400 */
export function linksOf(value: unknown): {
  readonly collector: string | undefined;
  readonly links: readonly LinkInput[];
  readonly isSingle: boolean;
} {
  if (typeof value === 'object' && value !== null && 'links' in value) {
    const { collector: name, links } = several(value);
    return { collector: name, links, isSingle: false };
  }
  const { collector: name, ...link } = one(value);
  return { collector: name, links: [link], isSingle: true };
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 365;
const MOST_DAYS = 10 * 365;

/** The link of an input. @param path of the input; @throws Problem 422 */
export function linkOf(input: LinkInput, path: string, now: Date): Link {
  const { type, userId, url, campaign, content, mailId } = input;
  const email = input.email === undefined ? undefined : emailAddress(input.email);
  if (input.email !== undefined && email === undefined)
    throw invalid(`${path}email`, 'is not an e-mail address');
  if (email === undefined && userId === undefined)
    throw invalid(`${path}email`, 'this or userId is required');
  if (type === 'open' && url !== undefined) throw invalid(`${path}url`, 'a picture leads nowhere');
  if (type !== 'open' && url === undefined) throw invalid(`${path}url`, 'is required');
  return {
    ...{ type, email, userId, url, campaign, mailId },
    ...{ contentId: content?.id, contentTitle: content?.title },
    expiresAt: Math.floor(expiryOf(input.expiresAt, `${path}expiresAt`, now) / 1_000),
  };
}

/** To the end of a day, so that the same link made twice a day is the same. */
function expiryOf(given: string | undefined, path: string, now: Date): number {
  const today = Math.floor(+now / DAY_MS);
  if (given === undefined) return (today + 1 + DEFAULT_DAYS) * DAY_MS;
  const at = Date.parse(given);
  if (at > +now && at <= (today + MOST_DAYS) * DAY_MS) return at;
  throw invalid(path, 'must be a time within the next ten years');
}

export const invalid = (path: string, message: string): Problem =>
  new Problem(422, 'invalid', `${path}: ${message}`, [{ path, message }]);
