import { Refused } from '../domain/refused.js';
import { type EventStore, WrongExpectedVersion } from '../event-store/event-store.js';
import { Problem, type ProblemError } from '../http/problem.js';
import { checkItem } from '../http/validation.js';
import type { CatalogueReceipt } from './catalogue.receipts.js';
import type { ItemReason } from './opportunity.receipts.js';
import { type CatalogueKind, type RecordedItem, recordItem, type RecordOptions } from './record-catalogue.js';

/** So many items a request, as of opportunities. */
export const MAX_ITEMS = 1_000;
/** So many are decided at a time: the event store appends what waits together. */
const CONCURRENCY = 16;

/**
 * Records a batch, each item by itself; those of one id one after the other.
 *
 * @throws Problem 413
 * @throws StoreUnavailable some may be recorded: sent again, they change nothing
 */
export async function recordBatch<Input extends object>(
  store: EventStore,
  workspace: string,
  kind: CatalogueKind<Input>,
  items: readonly unknown[],
  now: Date,
): Promise<CatalogueReceipt[]> {
  if (items.length > MAX_ITEMS)
    throw new Problem(413, 'too-large', `A request has at most ${MAX_ITEMS} ${kind.plural}`);
  const receipts: CatalogueReceipt[] = [];
  const groups = Map.groupBy(items.entries(), ([, item]) => idIn(item, kind) ?? '').values();
  const work = async (): Promise<void> => {
    for (const group of groups)
      for (const [index, item] of group) receipts[index] = await recordOne(store, workspace, kind, item, now);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return receipts;
}

function idIn(item: unknown, { idField }: Pick<CatalogueKind<object>, 'idField'>): string | null {
  const id = typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[idField] : null;
  return typeof id === 'string' ? id.trim() : null;
}

async function recordOne<Input extends object>(
  store: EventStore,
  workspace: string,
  kind: CatalogueKind<Input>,
  raw: unknown,
  now: Date,
): Promise<CatalogueReceipt> {
  const judged = await judgeItem(kind, raw);
  const recorded =
    'reason' in judged ? judged : await recordUnlessRefused(store, workspace, kind, judged.item, { now });
  return 'reason' in recorded
    ? { id: idIn(raw, kind), status: 'rejected', ...recorded }
    : receiptOf(recorded);
}

/** An item of the kind, or why it is none. */
export async function judgeItem<Input extends object>(
  kind: CatalogueKind<Input>,
  raw: unknown,
): Promise<{ readonly item: Input } | { readonly reason: ItemReason }> {
  const checked = await checkItem(kind.input, raw);
  if ('faults' in checked) return { reason: invalid(checked.faults) };
  try {
    kind.eventOf(checked.item);
    return checked;
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** @throws StoreUnavailable */
export async function recordUnlessRefused<Input extends object>(
  store: EventStore,
  workspace: string,
  kind: CatalogueKind<Input>,
  input: Input,
  options: RecordOptions,
): Promise<RecordedItem | { readonly reason: ItemReason }> {
  try {
    return await recordItem(store, workspace, kind, input, options);
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

export const receiptOf = ({ id, status, position, eventIds }: RecordedItem): CatalogueReceipt => ({
  ...{ id, status, position: String(position), eventIds: [...eventIds] },
});

/** All faults of an item, each with its field. */
export const describeFaults = (faults: readonly ProblemError[]): string =>
  faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');

const invalid = (faults: readonly ProblemError[]): ItemReason => ({
  code: 'invalid',
  message: describeFaults(faults),
  path: faults[0]?.path ?? '',
});

/** @throws what is no fault of the item */
function reasonOf(error: unknown): ItemReason {
  if (error instanceof Refused) {
    const { code, message, path } = error;
    return { code, message, ...(path === undefined ? {} : { path }) };
  }
  if (!(error instanceof WrongExpectedVersion)) throw error;
  return { code: 'changed-meanwhile', message: 'It was changed concurrently; send it again' };
}
