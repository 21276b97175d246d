import type pg from 'pg';
import type { EventStore } from '../../event-store/event-store.js';
import { countDeadLetters } from '../dead-letters.js';
import { lagOf } from '../lag.js';
import {
  type Checkpoint,
  type Comparison,
  type RebuildProgress,
  readCheckpoints,
} from '../read-checkpoints.js';
import type {
  ComparisonItem,
  ProjectionItem,
  ProjectionsAnswer,
  RebuildItem,
} from './subscriptions.answers.js';

const TRANSACTIONS = 'transactions that are open';
const ASK_THE_OPERATOR = 'It has stopped; the operator can see why';

/** Where each read model stands. @param workspace whose dead letters are counted; undefined: the operator, who sees all */
export async function readProjections(
  { pool, store }: { readonly pool: pg.Pool; readonly store: EventStore },
  workspace: string | undefined,
): Promise<ProjectionsAnswer> {
  const [checkpoints, deadLetters, head] = await Promise.all([
    readCheckpoints(pool),
    countDeadLetters(pool, workspace),
    store.head(),
  ]);
  const isOperator = workspace === undefined;
  const items = checkpoints.map(async (checkpoint) => {
    const { name, version, position, error, comparison } = checkpoint;
    const { events, seconds } = await lagOf(store, position, head);
    return {
      name,
      version,
      position: String(position),
      lag: events,
      lagSeconds: seconds,
      ...rebuildSeenBy(checkpoint, workspace),
      comparison: isOperator ? comparisonItem(comparison) : null,
      deadLetters: deadLetters.get(name) ?? 0,
      error: isOperator ? error : error && ASK_THE_OPERATOR,
    };
  });
  return { head: String(head), projections: await Promise.all(items) };
}

const comparisonItem = (comparison: Comparison | null): ComparisonItem | null =>
  comparison && { ...comparison, workspace: comparison.workspace ?? null };

/** A rebuild of the rows of one workspace concerns nobody else. @param asker its workspace; undefined: the operator */
function rebuildSeenBy(
  { status, rebuild }: Checkpoint,
  asker: string | undefined,
): Pick<ProjectionItem, 'status' | 'rebuild'> {
  if (!rebuild) return { status, rebuild: null };
  const isOfOther = asker !== undefined && rebuild.workspace !== null && rebuild.workspace !== asker;
  if (isOfOther) return { status: status === 'rebuilding' ? 'running' : status, rebuild: null };
  return { status, rebuild: rebuildItem(rebuild, asker === undefined) };
}

/** An error may quote an event, of whichever workspace. */
function rebuildItem(rebuild: RebuildProgress, isOperator: boolean): RebuildItem {
  const { version, workspace, position, target, rate, secondsLeft, waitsFor, error } = rebuild;
  return {
    version,
    workspace,
    position: String(position),
    target: String(target),
    rate,
    secondsLeft,
    waitsFor: isOperator ? waitsFor : waitsFor && TRANSACTIONS,
    error: isOperator ? error : error && ASK_THE_OPERATOR,
  };
}
