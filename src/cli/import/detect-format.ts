import { Refused } from '../../domain/refused.js';
import { isObject } from '../../intake/json.js';
import { SEGMENT_CALLS } from '../../intake/formats/segment/item.js';
import { parseJson } from '../../intake/json.js';

export const IMPORT_FORMATS = ['native', 'segment', 'csv'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

const CALLS: ReadonlySet<unknown> = new Set(SEGMENT_CALLS);

/**
 * What a file holds, by its first rows.
 *
 * @param start its first bytes, decompressed
 * @throws Refused `format-unknown`
 */
export function detectFormat(name: string, start: Buffer): ImportFormat {
  if (/\.(?:csv|tsv|txt)(?:\.gz|\.zst)?$/i.test(name)) return 'csv';
  const lines = start
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split('\n');
  for (const line of lines) {
    const found = formatOfLine(line.trim());
    if (found) return found;
  }
  throw new Refused(
    'format-unknown',
    `What "${name}" holds is not known; name it with --format ${IMPORT_FORMATS.join('|')}`,
  );
}

function formatOfLine(line: string): ImportFormat | undefined {
  if (!line.startsWith('{')) return undefined;
  const row = parseJson(line);
  if (!isObject(row)) return undefined;
  if (CALLS.has(row.type)) return 'segment';
  return 'kind' in row ? 'native' : undefined;
}
