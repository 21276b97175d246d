import { Refused } from '../../domain/refused.js';
import { SEGMENT_CALLS } from '../../intake/formats/segment/item.js';
import { isObject, parseJson } from '../../intake/json.js';
import { ENRICHED_COLUMNS } from './snowplow-rows.js';

export const IMPORT_FORMATS = ['native', 'segment', 'snowplow', 'csv'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

const CALLS: ReadonlySet<unknown> = new Set(SEGMENT_CALLS);

/**
 * What a file holds, by its first rows.
 *
 * @param start its first bytes, decompressed
 * @throws Refused `format-unknown`
 */
export function detectFormat(name: string, start: Buffer): ImportFormat {
  const lines = start
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split('\n');
  for (const line of lines) {
    const found = formatOfLine(line);
    if (found) return found;
  }
  if (/\.(?:csv|tsv|txt)(?:\.gz|\.zst)?$/i.test(name)) return 'csv';
  throw new Refused(
    'format-unknown',
    `The format of "${name}" cannot be detected; name it with --format ${IMPORT_FORMATS.join('|')}`,
  );
}

function formatOfLine(line: string): ImportFormat | undefined {
  if (line.split('\t').length === ENRICHED_COLUMNS) return 'snowplow';
  const row = line.startsWith('{') ? parseJson(line) : undefined;
  if (!isObject(row)) return undefined;
  if (CALLS.has(row.type)) return 'segment';
  if ('kind' in row) return 'native';
  return ('e' in row && 'p' in row) || Array.isArray(row.data) ? 'snowplow' : undefined;
}
