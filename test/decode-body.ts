import { decodeRequest } from '../src/intake/decode.js';
import { type Decoded, decoderOf, type Format } from '../src/intake/format.js';
import { RequestBody } from '../src/intake/request-body.js';

/** Decodes the body of a call of a format. */
export function decodeBody(format: Format, call: string, bytes: Buffer): Decoded {
  const decoder = decoderOf(format, call);
  if (!decoder) throw new Error(`the format ${format.name} has no call ${call}`);
  const head = { call, headers: {}, params: {}, query: '' };
  return decodeRequest(format, decoder, head, new RequestBody(bytes, bytes));
}

/** The same of a body that can be decoded. */
export function decodeItems(format: Format, call: string, bytes: Buffer): readonly unknown[] {
  const decoded = decodeBody(format, call, bytes);
  if ('rejected' in decoded) throw new Error(decoded.rejected.message);
  return 'items' in decoded ? decoded.items : [];
}
