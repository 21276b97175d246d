import type { RequestHead } from '../../format.js';
import { isObject, type JsonObject } from '../../json.js';
import { decodeBase64Json } from './self-describing.js';

interface DecodedItem {
  readonly item: unknown;
  readonly mayHoldUnstorable: boolean;
}

/**
 * An event with its JSON in plain, so that mappings reach into it (`ue_pr.data.data.email`) and people can read what was rejected.
 * What is no JSON stays as it was sent.
 */
export function decodeItem(item: unknown): DecodedItem {
  if (!isObject(item)) return { item, mayHoldUnstorable: false };
  const event = decodeEntities(decodeEvent(item));
  return { item: event, mayHoldUnstorable: event !== item };
}

function decodeEvent(item: JsonObject): JsonObject {
  const { ue_px: encoded, ...others } = item;
  const plain = encoded === undefined || 'ue_pr' in item ? undefined : decodeBase64Json(encoded);
  return plain === undefined ? item : { ...others, ue_pr: plain };
}

function decodeEntities(item: JsonObject): JsonObject {
  const { cx: encoded, ...others } = item;
  const plain = encoded === undefined || 'co' in item ? undefined : decodeBase64Json(encoded);
  return plain === undefined ? item : { ...others, co: plain };
}

/** The event in the query of a request; of a field that is given twice the first. */
export function decodeQuery({ query }: Pick<RequestHead, 'query'>): JsonObject {
  const fields = [...new URLSearchParams(query)].reverse();
  return decodeItem(Object.fromEntries(fields)).item as JsonObject;
}
