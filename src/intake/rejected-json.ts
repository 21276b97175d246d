import { isUtf8 } from 'node:buffer';
import { parseJson } from './json.js';
import type { RejectedRow } from './rejected.js';

/** A row as the API shows it. By hand around payloads: they are JSON already, and may be nested deeper than JSON.stringify goes. */
export function rejectedJson(row: RejectedRow): string {
  const { id, receivedAt, collector, format, call, unit, messageId = null, reason, payloadBytes } = row;
  const { attempts, replayedAt, source = null, sent } = row;
  const head = JSON.stringify({
    ...{ id, receivedAt, collector, format, call, unit, messageId, reason, payloadBytes, source, attempts },
    ...{ replayedAt, position: row.position?.toString() ?? null, sent: sent ? textOf(sent) : null },
  });
  return `${head.slice(0, -1)},"correction":${correctionJson(row)},"payload":${contentJson(row, row.payload)}}`;
}

function correctionJson(row: RejectedRow): string {
  const { corrected, correctedAt } = row;
  if (!corrected) return 'null';
  const { encoding: _, charset: __, ...plain } = row;
  return `{"at":${JSON.stringify(correctedAt)},"payload":${contentJson(plain, corrected)}}`;
}

type Written = Pick<RejectedRow, 'unit' | 'encoding' | 'charset'>;

/** An item as it is; a request, and a row that is not JSON, as text where it is text. */
function contentJson({ unit, encoding, charset }: Written, content: Buffer): string {
  const text = content.toString('utf8');
  if (unit === 'item' && parseJson(text) !== undefined) return text;
  return JSON.stringify({
    ...(encoding === undefined ? {} : { encoding }),
    ...(charset === undefined ? {} : { charset }),
    ...(encoding === undefined ? textOf(content) : base64Of(content)),
  });
}

const textOf = (bytes: Buffer): object =>
  isUtf8(bytes) ? { text: bytes.toString('utf8') } : base64Of(bytes);

const base64Of = (bytes: Buffer): object => ({ base64: bytes.toString('base64') });
