import { decodeRequest } from '../src/intake/decode.js';
import { type Decoded, decoderOf, type Format, type RequestHead } from '../src/intake/format.js';
import { RequestBody } from '../src/intake/request-body.js';

/** Decodes the body of a call of a format, or the query of one without. */
export function decodeBody(
  format: Format,
  call: string,
  bytes: Buffer,
  head: Partial<RequestHead> = {},
): Decoded {
  const decoder = decoderOf(format, call);
  if (!decoder) throw new Error(`the format ${format.name} has no call ${call}`);
  const whole = { call, headers: {}, params: {}, query: '', ...head };
  return decodeRequest(format, decoder, whole, new RequestBody(bytes, bytes));
}

/** The same of a body that can be decoded. */
export function decodeItems(
  format: Format,
  call: string,
  bytes: Buffer,
  head: Partial<RequestHead> = {},
): readonly unknown[] {
  const decoded = decodeBody(format, call, bytes, head);
  if ('rejected' in decoded) throw new Error(decoded.rejected.message);
  return 'items' in decoded ? decoded.items : [];
}
