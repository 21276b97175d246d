import { jsonText } from './inspect.js';
import { isObject, parseJson } from './json.js';
import { mergePatch } from './merge-patch.js';
import { reject, type Reason } from './outcome.js';
import type { Correction, RejectedLog, RejectedRow } from './rejected.js';

/** What rejected input should have been. */
export type Edit =
  /** Takes the place of what was sent: JSON of an item, the text of a body of a request. */
  | { readonly payload: unknown }
  /** A JSON Merge Patch over what was sent, or over the correction before. */
  | { readonly merge: Readonly<Record<string, unknown>> };

export interface CorrectionQuestion {
  readonly workspace: string;
  readonly code?: string | undefined;
  readonly collector?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly limit: number;
  readonly from?: bigint | undefined;
}

export type CorrectionResult = { readonly id: string } | { readonly id: string; readonly reason: Reason };

export interface Corrected {
  readonly results: readonly CorrectionResult[];
  /** The last row looked at; undefined when none is left behind it. */
  readonly last: bigint | undefined;
}

const PAGE = 500;

/**
 * Edits rejected input that was not replayed yet, oldest first. What was sent stays as it came; replays read the correction.
 * Safe to repeat.
 */
export async function correctRejected(
  rejected: Pick<RejectedLog, 'page' | 'saveCorrections'>,
  question: CorrectionQuestion,
  edit: Edit,
  now: Date,
): Promise<Corrected> {
  const results: CorrectionResult[] = [];
  let from = question.from;
  while (results.length < question.limit) {
    const limit = Math.min(PAGE, question.limit - results.length);
    const rows = await rejected.page({ ...question, state: 'open', order: 'oldest', limit, from });
    if (rows.length === 0) return { results, last: undefined };
    const edited = rows.map((row) => editRow(row, edit));
    const corrections = edited.filter((one): one is Correction => 'corrected' in one);
    await rejected.saveCorrections(question.workspace, corrections, now);
    results.push(...edited.map((one) => ('corrected' in one ? { id: one.id } : one)));
    from = rows.at(-1)?.number;
  }
  return { results, last: from };
}

function editRow(
  row: RejectedRow,
  edit: Edit,
): Correction | { readonly id: string; readonly reason: Reason } {
  const { id, unit } = row;
  if ('payload' in edit) {
    const isText = unit === 'request' && typeof edit.payload === 'string';
    return { id, corrected: Buffer.from(isText ? edit.payload : jsonText(edit.payload)) };
  }
  const before = parseJson((row.corrected ?? row.payload).toString('utf8'));
  if (isObject(before)) return { id, corrected: Buffer.from(jsonText(mergePatch(before, edit.merge))) };
  return { id, reason: reject('not-an-object', 'is not a JSON object; replace it by `payload`').rejected };
}
