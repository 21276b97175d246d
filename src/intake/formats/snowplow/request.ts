import type { RequestHead } from '../../format.js';
import { isObject, type JsonObject, parseJson } from '../../json.js';
import { base64Text, isGiven } from './self-describing.js';

interface DecodedItem {
  readonly item: unknown;
  readonly mayHoldUnstorable: boolean;
}

/** Fields that hold JSON, by their names in plain and in base64. */
const JSON_FIELDS = [
  ['ue_pr', 'ue_px'],
  ['co', 'cx'],
] as const;

/**
 * An event with its JSON as objects, so that mappings reach into it (`ue_pr.data.data.email`) and people can read what was rejected.
 * What is no JSON stays as it was sent. The item itself is changed, which costs half of a copy: nobody else has it.
 */
export function decodeItem(item: unknown): DecodedItem {
  if (!isObject(item)) return { item, mayHoldUnstorable: false };
  const fields: Record<string, unknown> = item;
  let mayHoldUnstorable = false;
  for (const [plain, encoded] of JSON_FIELDS) {
    const text = isGiven(item[plain]) ? item[plain] : base64Text(item[encoded]);
    const value = typeof text === 'string' ? parseJson(text) : undefined;
    if (typeof text !== 'string' || value === undefined) continue;
    fields[plain] = value;
    if (item[encoded] !== undefined) fields[encoded] = undefined;
    mayHoldUnstorable ||= text.includes('\\u');
  }
  return { item, mayHoldUnstorable };
}

/** The event in the query of a request; of a field that is given twice the first. */
export function decodeQuery({ query }: Pick<RequestHead, 'query'>): JsonObject {
  const fields = [...new URLSearchParams(query)].reverse();
  return decodeItem(Object.fromEntries(fields)).item as JsonObject;
}
