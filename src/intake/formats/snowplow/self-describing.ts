import { EVENT_BYTES } from '../../inspect.js';
import { isObject, type JsonObject, parseJson } from '../../json.js';
import { reject, type Rejected } from '../../outcome.js';
import { objectOr } from '../../values.js';

/** JSON that names its schema: `iglu:vendor/name/jsonschema/1-0-0`. */
export interface SelfDescribing {
  readonly schema: string;
  /** Of the schema, e.g. `link_click`. */
  readonly name: string;
  readonly data: unknown;
}

const IGLU = /^iglu:[\w.-]+\/([\w.-]+)\/[\w.-]+\/\d+-\d+-\d+$/;

function selfDescribing(value: unknown): SelfDescribing | undefined {
  if (!isObject(value) || typeof value.schema !== 'string') return undefined;
  const name = IGLU.exec(value.schema)?.[1];
  return name === undefined ? undefined : { schema: value.schema, name, data: value.data };
}

/** Longer text is over the limit of an event, whatever it decodes to. */
const MOST_TEXT = Math.ceil((EVENT_BYTES * 4) / 3);

/** Text in base64 or base64url; undefined: there is none. */
export const base64Text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= MOST_TEXT
    ? Buffer.from(value, 'base64').toString('utf8')
    : undefined;

/** JSON in base64; undefined: it is none. */
const base64Json = (value: unknown): unknown => {
  const text = base64Text(value);
  return text === undefined ? undefined : parseJson(text);
};

/** A field that holds JSON, or the text of JSON. */
const jsonIn = (value: unknown): unknown => (typeof value === 'string' ? parseJson(value) : value);

export const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** The self-describing event of an item. */
export function eventOf({ ue_px: encoded, ue_pr: plain }: JsonObject): SelfDescribing | Rejected {
  const path = isGiven(plain) ? 'ue_pr' : 'ue_px';
  if (!isGiven(plain) && !isGiven(encoded))
    return reject('missing-field', 'is required of a self-describing event', 'ue_px');
  const whole = selfDescribing(isGiven(plain) ? jsonIn(plain) : base64Json(encoded));
  if (whole?.name !== 'unstruct_event')
    return reject('invalid-field', 'must be JSON of the schema unstruct_event', path);
  return (
    selfDescribing(whole.data) ?? reject('invalid-field', 'must name a schema: iglu:vendor/name/…', path)
  );
}

/** Data of the entities of an item by the names of their schemas; undefined: they cannot be read. */
export function entitiesOf({
  cx: encoded,
  co: plain,
}: JsonObject): ReadonlyMap<string, readonly JsonObject[]> | undefined {
  if (!isGiven(plain) && !isGiven(encoded)) return NONE;
  const whole = selfDescribing(isGiven(plain) ? jsonIn(plain) : base64Json(encoded));
  if (!Array.isArray(whole?.data)) return undefined;
  const byName = new Map<string, JsonObject[]>();
  for (const each of whole.data as readonly unknown[]) {
    const entity = selfDescribing(each);
    if (!entity) continue;
    const data = objectOr(entity.data);
    const others = byName.get(entity.name);
    if (others) others.push(data);
    else byName.set(entity.name, [data]);
  }
  return byName;
}

const NONE: ReadonlyMap<string, readonly JsonObject[]> = new Map();
