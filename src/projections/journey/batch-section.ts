import type { PoolClient } from 'pg';
import { isEvent, type RecordedEvent } from '../../domain/events.js';
import type { Range } from '../../subscriptions/subscription.js';
import { Accounts } from './accounts.js';
import { applyGroups } from './apply-groups.js';
import { batchItem, isLate, positionOf, type BatchItem } from './batch-item.js';
import { DerivedJudgements } from './derived-judgements.js';
import { groups, type Overlap } from './groups.js';
import type { Models } from './models.js';
import type { VerdictRules } from './verdict-rules.js';
import { WorkingSet } from './working-set.js';
import { Writing } from './writing.js';

/** Tries with groups that were found to overlap joined, before all that is of one workspace is applied in a row. */
const ATTEMPTS = 4;

/** What workspaces have published, at the position that a batch has come to. */
export interface InForce {
  readonly models: Models;
  readonly rules: VerdictRules;
}

/**
 * Applies events between two publications in groups, side by side. Which leads an event reaches shows only while it is
 * applied: when groups are found to overlap, what they did is undone and they are applied as one.
 */
export async function applySection(
  events: readonly RecordedEvent[],
  tx: PoolClient,
  range: Range,
  { models, rules }: InForce,
  kept: WorkingSet | undefined,
): Promise<WorkingSet | undefined> {
  if (events.length === 0) return kept;
  const overlaps: Overlap[] = [];
  await tx.query('SAVEPOINT part');
  for (let attempt = 1; ; attempt += 1) {
    const accounts = new Accounts(tx);
    const batch = { tx, models, accounts };
    const set = attempt === 1 && kept ? kept : new WorkingSet(batch);
    set.next(batch);
    const found = await attemptSection(events, set, range, rules, attempt < ATTEMPTS ? overlaps : 'all');
    if (found.length === 0) {
      await tx.query('RELEASE SAVEPOINT part');
      return set;
    }
    overlaps.push(...found);
    await tx.query('ROLLBACK TO SAVEPOINT part');
  }
}

/** @returns which items of different groups reached the same lead; none: all are applied */
async function attemptSection(
  events: readonly RecordedEvent[],
  set: WorkingSet,
  range: Range,
  rules: VerdictRules,
  overlaps: readonly Overlap[] | 'all',
): Promise<readonly Overlap[]> {
  const { accounts, tx } = set;
  const judgements = new DerivedJudgements(tx);
  const items = await readItems(events, set, range, judgements, rules);
  const writing = new Writing(tx);
  const isHealing = events.some((event) => isLate(event, range));
  let found: readonly Overlap[];
  try {
    const divided = overlaps === 'all' ? byWorkspace(items) : groups(set, items, overlaps);
    found = await applyGroups(set, divided, () => writing.after(set.seal(isHealing)));
  } finally {
    // A write that failed is why the reads after it fail: it is thrown in their stead.
    await writing.done();
  }
  if (found.length === 0) {
    await accounts.write(isHealing);
    await judgements.write();
  }
  return found;
}

/** Applies the events to accounts, mails and activities, and reads the keys and leads that all of them name. */
async function readItems(
  events: readonly RecordedEvent[],
  set: WorkingSet,
  range: Range,
  judgements: DerivedJudgements,
  rules: VerdictRules,
): Promise<BatchItem[]> {
  const changes = await set.accounts.observe(
    events.flatMap((event) =>
      isEvent(event, 'AccountObserved') ? [{ event, position: positionOf(event, range) }] : [],
    ),
  );
  const domains = new Map(changes.map((change) => [change.position, change.domains]));
  const changeOf = await judgements.observe(events);
  const items = events
    .map((event) =>
      batchItem(
        set,
        event,
        range,
        domains.get(positionOf(event, range)) ?? NONE,
        changeOf(event),
        rules.for(event),
      ),
    )
    .filter((item) => item.records.length > 0 || item.domains.length > 0 || item.rejudged.length > 0);
  await set.loader.readKeys(
    items.flatMap(({ records, rejudged }) =>
      rejudged.length === 0 ? records : [...records, ...rejudged.flatMap((each) => each.records)],
    ),
  );
  await set.prefetchDomains(
    changes.flatMap(({ workspace, domains: all }) => all.map((domain) => ({ workspace, domain }))),
  );
  return items;
}

const NONE: readonly string[] = [];

const byWorkspace = (items: readonly BatchItem[]): BatchItem[][] => [
  ...Map.groupBy(items, ({ workspace }) => workspace).values(),
];
