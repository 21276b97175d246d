import type { Format } from './format.js';
import { formatNamed } from './formats/all.js';
import type { Intake } from './intake.js';
import { parseJson } from './json.js';
import { isRejected, type Outcome, reject, type Rejected } from './outcome.js';
import { type Items, parse, parseBytes, textOf } from './parse.js';
import type { RejectedLog, RejectedRow, Retried } from './rejected.js';

export interface ReplayQuestion {
  readonly workspace: string;
  readonly code?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  /** Rows to try at most. */
  readonly limit: number;
  readonly from?: bigint | undefined;
}

export interface Replayed {
  readonly results: readonly Retried[];
  /** The last row tried; undefined when none is left behind it. */
  readonly last: bigint | undefined;
}

const PAGE = 500;

/**
 * Sends kept input through the intake again, oldest first, as of the time it was received. Safe to repeat: what is in
 * the log already answers its first receipt.
 *
 * @throws StoreUnavailable rows tried so far are written down; run it again
 */
export async function replay(
  rejected: RejectedLog,
  intake: Intake,
  question: ReplayQuestion,
  now: () => Date,
): Promise<Replayed> {
  const results: Retried[] = [];
  let from = question.from;
  while (results.length < question.limit) {
    const limit = Math.min(PAGE, question.limit - results.length);
    const rows = await rejected.page({ ...question, state: 'open', order: 'oldest', limit, from });
    if (rows.length === 0) return { results, last: undefined };
    for (const group of groups(rows)) {
      const retried = await retry(intake, group);
      await rejected.retried(question.workspace, retried, now());
      results.push(...retried);
    }
    from = rows.at(-1)?.number;
  }
  return { results, last: from };
}

/** Rows of one request that follow each other go through the intake together; a whole request goes alone. */
function groups(rows: readonly RejectedRow[]): readonly (readonly RejectedRow[])[] {
  const found: RejectedRow[][] = [];
  for (const row of rows) {
    const group = found.at(-1);
    if (group?.[0] && row.unit === 'item' && ofOneRequest(group[0], row)) group.push(row);
    else found.push([row]);
  }
  return found;
}

const ofOneRequest = (a: RejectedRow, b: RejectedRow): boolean =>
  a.unit === b.unit &&
  a.format === b.format &&
  a.collector === b.collector &&
  a.call === b.call &&
  a.keyScope === b.keyScope &&
  +a.receivedAt === +b.receivedAt;

async function retry(intake: Intake, rows: readonly RejectedRow[]): Promise<readonly Retried[]> {
  const [first] = rows;
  const format = first && (await formatNamed(first.format));
  if (!first || !format) {
    const { rejected: reason } = reject('unknown-format', 'is of a format that this version does not know');
    return rows.map(({ id }) => ({ id, reason }));
  }
  if (first.unit === 'request') return [await retryRequest(intake, format, first)];
  const items = rows.map(({ payload }) => parseJson(payload.toString('utf8')));
  const outcomes = await intake.retake(format, first, items);
  return rows.map(({ id }, index) => resultOf(id, outcomes[index]));
}

function resultOf(id: string, outcome: Outcome | undefined): Retried {
  if (outcome?.status === 'rejected') return { id, reason: outcome.reason };
  return { id, position: outcome?.position ?? null };
}

/** A request that can be taken apart now is done with: what its items come to is theirs. */
async function retryRequest(intake: Intake, format: Format, row: RejectedRow): Promise<Retried> {
  const result = await itemsOf(format, row);
  if (isRejected(result)) return { id: row.id, reason: result.rejected };
  const outcomes = await intake.take(format, row, result.items);
  const first = outcomes.find((outcome) => outcome.status !== 'rejected');
  return { id: row.id, position: first?.position ?? null };
}

async function itemsOf(format: Format, row: RejectedRow): Promise<Items | Rejected> {
  if (format.decode) return parseBytes(format, row.call, row.payload);
  const body = { bytes: row.payload, encoding: row.encoding ?? '', charset: row.charset ?? '' };
  return parse(format, row.call, await textOf(format, body, rowByRow, true), rowByRow).result;
}

/** Rows are read one after the other, so they are not counted in the budget of requests. */
const rowByRow = (): void => undefined;
