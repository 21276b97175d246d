import type { PoolClient } from 'pg';
import { isEvent, type Position, type RecordedEvent } from '../../domain/events.js';
import { isAnonymous, mainKey } from '../../domain/identity/keys.js';
import { ownerOf } from '../../domain/identity/ownership.js';
import type { RuleSet } from '../../domain/verdict/rule-match.js';
import { runStatements } from '../../read-models/statements.js';
import type { Range } from '../../subscriptions/subscription.js';
import { Accounts } from './accounts.js';
import { keysOf } from './facts.js';
import { ruleTouchpoint, writeJourney } from './journey-rows.js';
import { run, type Loading } from './loading.js';
import type { Models } from './models.js';
import type { KeyRecord } from './records.js';
import { UnitOfWork } from './unit-of-work.js';
import type { RuleInForce } from './verdict-rules.js';
import { WorkingSet } from './working-set.js';

type TouchpointEvent = RecordedEvent<'TouchpointRecorded'>;

interface Ruled {
  readonly event: TouchpointEvent;
  readonly rule: RuleInForce | undefined;
}

/** Events of a page of the log: few at first, since the last page goes on behind the change. */
const FIRST_PAGE = 100;
const PAGE = 5_000;
/** Touchpoints whose journeys are in memory at the same time. */
const AT_ONCE = 5_000;

interface Change {
  readonly workspace: string;
  readonly position: Position;
  readonly before: RuleSet;
  readonly after: RuleSet;
  /** It is applied late: what it ends may have begun at the position where it takes effect. */
  readonly isLate: boolean;
}

/**
 * Has the touchpoints before a change of the rules be judged by those in force now. The log is read again: journeys have neither
 * addresses nor user agents, so that touchpoints do not pay for rules that few workspaces have.
 */
export async function reclassify(
  tx: PoolClient,
  models: Models,
  range: Range,
  change: Change,
): Promise<void> {
  const { log } = range;
  if (!log) throw new Error('rules need the log to be read again');
  let ruled: Ruled[] = [];
  const apply = async (): Promise<void> => {
    if (ruled.length > 0) await applyRules(tx, models, ruled, change);
    ruled = [];
  };
  let limit = FIRST_PAGE;
  for (let after = 0n; after < change.position;) {
    const { events, upTo } = await log.readPage(after, limit, ['TouchpointRecorded']);
    limit = Math.min(limit * 2, PAGE);
    for (const event of events) ruled.push(...ruledOtherwise(event, change));
    // Also a sign of life: a transaction that stands still is ended.
    await tx.query('SELECT');
    if (ruled.length >= AT_ONCE) await apply();
    if (upTo === after) break;
    after = upTo;
  }
  await apply();
}

function ruledOtherwise(
  event: RecordedEvent,
  { workspace, position, before, after }: Change,
): readonly Ruled[] {
  if (event.workspace !== workspace || event.position > position || !isEvent(event, 'TouchpointRecorded'))
    return [];
  const rule = after.deciding(event);
  return rule?.ruleId === before.deciding(event)?.ruleId ? [] : [{ event, rule }];
}

async function applyRules(
  tx: PoolClient,
  models: Models,
  ruled: readonly Ruled[],
  { position, isLate }: Change,
): Promise<void> {
  const set = new WorkingSet({ tx, models, accounts: new Accounts(tx) });
  const keyed = ruled.map((each) => ({
    ...each,
    records: keysOf(each.event).map((key) => set.key(each.event.workspace, key)),
  }));
  await set.loader.readKeys(keyed.flatMap(({ records }) => records));
  await run(rule(new UnitOfWork(set, set.nextGroup()), keyed, position));
  await runStatements(tx, set.seal(isLate));
}

/** A dead letter is in no journey yet: it is judged by the rules when it is applied. */
function* rule(
  unit: UnitOfWork,
  ruled: readonly (Ruled & { readonly records: readonly KeyRecord[] })[],
  position: Position,
): Loading {
  for (const { event, rule: inForce, records } of ruled) {
    const { workspace, id, occurredAt } = event;
    const keys = records.map(({ key }) => key);
    const main = mainKey(keys);
    if (main === undefined || !isKnown(unit, workspace, main)) continue;
    const lead = unit.lead(
      workspace,
      ownerOf({ key: (key) => unit.key(workspace, key).state }, keys, +occurredAt),
    );
    yield* unit.loadJourneyOf(lead);
    if (!ruleTouchpoint(unit, lead, id, inForce)) continue;
    lead.markChanged(position);
    writeJourney(unit, lead, position);
  }
}

const isKnown = (unit: UnitOfWork, workspace: string, key: KeyRecord['key']): boolean =>
  isAnonymous(key) || unit.key(workspace, key).state.leadId !== undefined;
