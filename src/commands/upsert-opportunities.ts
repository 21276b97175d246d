import type { CommandBus } from '@nestjs/cqrs';
import { Refused } from '../domain/refused.js';
import { WrongExpectedVersion } from '../event-store/event-store.js';
import { Problem, type ProblemError } from '../http/problem.js';
import { checkItem } from '../http/validation.js';
import type { Decided } from './decide-on-opportunity.js';
import type { UpsertReceipt } from './opportunity.receipts.js';
import { UpsertOpportunityItem } from './upsert-opportunity.inputs.js';
import { UpsertOpportunity } from './upsert-opportunity.js';

/** So many opportunities a request, however small they are: the check of one costs far more than its bytes. */
export const MAX_OPPORTUNITIES = 1_000;
/** So many are decided at a time: the event store appends what waits together. */
const CONCURRENCY = 16;

/**
 * Upserts a batch, each item by itself; those of one opportunity one after the other.
 *
 * @throws Problem 400, 413
 * @throws StoreUnavailable some may be recorded: sent again, they change nothing
 */
export async function upsertOpportunities(
  commands: CommandBus,
  workspace: string,
  body: unknown,
  now: Date,
): Promise<UpsertReceipt[]> {
  const items = itemsOf(body);
  const receipts: UpsertReceipt[] = [];
  const groups = [...Map.groupBy([...items.entries()], ([, item]) => idOf(item) ?? '').values()].values();
  const work = async (): Promise<void> => {
    for (const group of groups) {
      for (const [index, item] of group) receipts[index] = await upsertItem(commands, workspace, item, now);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return receipts;
}

function itemsOf(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) throw new Problem(400, 'invalid', 'The body must be an array of opportunities');
  if (body.length <= MAX_OPPORTUNITIES) return body;
  throw new Problem(413, 'too-large', `A request has at most ${MAX_OPPORTUNITIES} opportunities`);
}

function idOf(item: unknown): string | null {
  const id =
    typeof item === 'object' && item !== null ? (item as { opportunityId?: unknown }).opportunityId : null;
  return typeof id === 'string' ? id.trim() : null;
}

async function upsertItem(
  commands: CommandBus,
  workspace: string,
  raw: unknown,
  now: Date,
): Promise<UpsertReceipt> {
  const opportunityId = idOf(raw);
  const checked = await checkItem(UpsertOpportunityItem, raw);
  if ('faults' in checked) return { opportunityId, status: 'rejected', reason: invalid(checked.faults) };
  const { opportunityId: id, ...input } = checked.item;
  try {
    const decided = await commands.execute(new UpsertOpportunity(workspace, id, input, now));
    return {
      opportunityId,
      status: outcomeOf(decided),
      position: String(decided.position),
      eventIds: [...decided.eventIds],
    };
  } catch (error) {
    return { opportunityId, status: 'rejected', reason: reasonOf(error) };
  }
}

const invalid = (faults: readonly ProblemError[]) => ({
  code: 'invalid',
  message: faults.map(({ path, message }) => `${path}: ${message}`).join('; '),
  path: faults[0]?.path ?? '',
});

/** @throws what is no fault of the item */
function reasonOf(error: unknown) {
  if (error instanceof Refused) {
    const { code, message, path } = error;
    return { code, message, ...(path === undefined ? {} : { path }) };
  }
  if (!(error instanceof WrongExpectedVersion)) throw error;
  return { code: 'changed-meanwhile', message: 'The opportunity was changed concurrently; send it again' };
}

/** What a report of an opportunity came to. */
export function outcomeOf({ state, eventIds }: Decided): 'created' | 'updated' | 'unchanged' {
  if (eventIds.length === 0) return 'unchanged';
  const isCreated = state.events.some(
    ({ type, id }) => type === 'OpportunityOpened' && (id === undefined || eventIds.includes(id)),
  );
  return isCreated ? 'created' : 'updated';
}
