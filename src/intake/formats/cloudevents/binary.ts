import type { Decoded, Headers } from '../../format.js';
import { parseJson } from '../../json.js';

/**
 * The structured form of an event whose attributes are headers; that is how it is kept, too, when it is rejected.
 *
 * @param prefix of the headers: `ce_` in Kafka, `ce-` in HTTP
 * @param decode a value of a header
 */
export function decodeBinary(
  headers: Headers,
  prefix: string,
  value: Buffer,
  decode: (text: string) => string = (text) => text,
): Decoded {
  const event: Record<string, unknown> = {};
  for (const [name, attribute] of Object.entries(headers))
    if (name.startsWith(prefix)) event[name.slice(prefix.length)] = decode(String(attribute));
  if (headers['content-type']) event.datacontenttype = headers['content-type'];
  const data = parseJson(value.toString('utf8'));
  if (data !== undefined) event.data = data;
  else if (value.length > 0) event.data_base64 = value.toString('base64');
  return { items: [event], isSingle: true };
}

/** Characters that headers cannot carry are percent-encoded in HTTP; what is not is read as it is. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
