import type { CommandItems } from './command-items.js';
import { decodeRequest } from './decode.js';
import { type Decoded, decoderOf, type Format } from './format.js';
import type { Formats } from './formats/all.js';
import { parseJson } from './json.js';
import { isRejected, type Outcome, reject, type Reason } from './outcome.js';
import type { Pipeline } from './pipeline.js';
import { isWithoutBody } from './rejected-input.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import type { RejectedLog, RejectedRow, ReplayResult } from './rejected.js';
import { readBody, RequestBody } from './request-body.js';

export interface ReplayDeps {
  readonly rejected: RejectedLog;
  readonly pipeline: Pipeline;
  readonly formats: Pick<Formats, 'named'>;
  /** Of items that no wire format has; undefined: there are none. */
  readonly commands?: CommandItems;
  /** What is configured of a collector today: its mapping may have been corrected. */
  readonly configOf: (workspace: string, collector: string) => CollectorConfig | undefined;
  readonly now: () => Date;
}

export interface ReplayQuestion {
  readonly workspace: string;
  readonly code?: string | undefined;
  readonly collector?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  /** Rows to try at most. */
  readonly limit: number;
  readonly from?: bigint | undefined;
}

export interface Replayed {
  readonly results: readonly ReplayResult[];
  /** The last row tried; undefined when none is left behind it. */
  readonly last: bigint | undefined;
}

const PAGE = 500;

/**
 * Sends rejected input through the pipeline again, oldest first, as of the time it was received. Safe to repeat: what is in
 * the log already answers its first receipt.
 *
 * @throws StoreUnavailable rows tried so far are written down; run it again
 */
export async function replay(deps: ReplayDeps, question: ReplayQuestion): Promise<Replayed> {
  const results: ReplayResult[] = [];
  let from = question.from;
  while (results.length < question.limit) {
    const limit = Math.min(PAGE, question.limit - results.length);
    const rows = await deps.rejected.page({ ...question, state: 'open', order: 'oldest', limit, from });
    if (rows.length === 0) return { results, last: undefined };
    for (const group of groups(rows)) {
      const replayed = await replayGroup(deps, group);
      await deps.rejected.saveReplays(question.workspace, replayed, deps.now());
      results.push(...replayed);
    }
    from = rows.at(-1)?.number;
  }
  return { results, last: from };
}

/** Rows of one request that follow each other go through the pipeline together; a whole request goes alone. */
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

const unknown = (what: string): Reason =>
  reject('unknown-format', `is of a ${what} that this version does not know`).rejected;

const notJson = reject('unreadable-row', 'is not JSON').rejected;

const contentOf = ({ corrected, payload }: RejectedRow): Buffer => corrected ?? payload;

async function replayGroup(
  { pipeline, formats, commands, configOf, now }: ReplayDeps,
  rows: readonly RejectedRow[],
): Promise<readonly ReplayResult[]> {
  const [first] = rows;
  if (first && commands?.formats.includes(first.format)) return decideAll(commands, rows, now());
  const format = first && (await formats.named(first.format));
  if (!first || !format) return rows.map(({ id }) => ({ id, reason: unknown('format') }));
  const config = configOf(first.workspace, first.collector);
  const origin = config ? { ...first, config } : first;
  if (first.unit === 'request') return [await replayRequest(pipeline, format, origin)];
  const items = rows.map((row) => ({ item: parseJson(contentOf(row).toString('utf8')), occasion: row.id }));
  const readable = items.filter(({ item }) => item !== undefined);
  const outcomes = (await pipeline.replay(format, origin, readable)).values();
  return rows.map(({ id }, index) =>
    items[index]?.item === undefined ? { id, reason: notJson } : resultOf(id, outcomes.next().value),
  );
}

/** One after the other: a later row of the same thing replaces the one before. */
async function decideAll(
  commands: CommandItems,
  rows: readonly RejectedRow[],
  now: Date,
): Promise<readonly ReplayResult[]> {
  const results: ReplayResult[] = [];
  for (const row of rows) {
    const { id, workspace, format } = row;
    const item = parseJson(contentOf(row).toString('utf8'));
    const decided =
      item === undefined
        ? { reason: notJson }
        : await commands.decide({ workspace, format, item, occasion: id }, now);
    results.push({ id, ...decided });
  }
  return results;
}

function resultOf(id: string, outcome: Outcome | undefined): ReplayResult {
  if (outcome?.status === 'rejected') return { id, reason: outcome.reason };
  return { id, position: outcome?.position ?? null };
}

/** A request that can be taken apart now is done with: what its items come to is theirs. */
async function replayRequest(pipeline: Pipeline, format: Format, row: RejectedRow): Promise<ReplayResult> {
  const decoded = await decodeRow(format, row);
  if (isRejected(decoded)) return { id: row.id, reason: decoded.rejected };
  if (!('items' in decoded)) return { id: row.id, position: null };
  const outcomes = await pipeline.ingest(format, row, decoded);
  const first = outcomes.find((outcome) => outcome.status !== 'rejected');
  return { id: row.id, position: first?.position ?? null };
}

async function decodeRow(format: Format, row: RejectedRow): Promise<Decoded> {
  const { call, corrected, config } = row;
  const payload = contentOf(row);
  const decoder = decoderOf(format, call);
  if (!decoder) return { rejected: unknown('call') };
  const head = { call, headers: {}, params: {}, query: '', collector: config };
  if (isWithoutBody(decoder))
    return decodeRequest(format, decoder, { ...head, query: payload.toString('utf8') }, RequestBody.EMPTY);
  // A correction is plain text.
  const { encoding = '', charset = '' } = corrected ? {} : row;
  const sent = { bytes: payload, encoding, charset };
  const body = await readBody(sent, uncounted, true, format);
  return decodeRequest(format, decoder, head, body);
}

/** Rows are read one after the other, so they are not counted in the budget of requests. */
const uncounted = (): void => undefined;
