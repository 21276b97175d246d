import type { PoolClient } from 'pg';
import { isEvent, type RecordedEvent } from '../../domain/events.js';
import { PoisonedEvent, type Range } from '../../subscriptions/subscription.js';
import { applySection, type InForce } from './batch-section.js';
import { isLate, positionOf } from './batch-item.js';
import { Models } from './models.js';
import { continueModel, publish } from './publication.js';
import { reclassify } from './reclassify.js';
import { isRuleEvent, VerdictRules, type RuleEvent } from './verdict-rules.js';
import type { WorkingSet } from './working-set.js';

/**
 * Applies a batch. The publication of a model or of a rule concerns many leads, so it divides the batch into sections; what
 * lies between two of them is applied side by side.
 *
 * @returns what can be kept for the batch after this one
 */
export async function applyBatch(
  batch: readonly RecordedEvent[],
  tx: PoolClient,
  range: Range,
  kept: WorkingSet | undefined,
): Promise<WorkingSet | undefined> {
  let set = kept;
  const inForce = { models: new Models(tx), rules: new VerdictRules(tx) };
  const workspaces = [...new Set(batch.map(({ workspace }) => workspace))];
  await inForce.models.load(workspaces);
  await inForce.rules.load(workspaces);
  let section: RecordedEvent[] = [];
  for (const event of batch) {
    if (!isEvent(event, 'JourneyModelPublished', 'JourneyModelApplied') && !isRuleEvent(event)) {
      section.push(event);
      continue;
    }
    await applySection(section, tx, range, inForce, set);
    section = [];
    set = undefined;
    if (isRuleEvent(event)) await changeRules(event, tx, range, inForce);
    else if (isEvent(event, 'JourneyModelApplied')) await continueModel(event, tx, range, inForce.models);
    else await publish(event, tx, range, inForce.models);
  }
  return applySection(section, tx, range, inForce, set);
}

async function changeRules(
  event: RuleEvent,
  tx: PoolClient,
  range: Range,
  { models, rules }: InForce,
): Promise<void> {
  const { workspace } = event;
  const position = positionOf(event, range);
  const before = rules.of(workspace);
  try {
    await rules.change(event, position);
  } catch (cause) {
    throw new PoisonedEvent(event, [`workspace:${workspace}`], { cause });
  }
  const change = { workspace, position, before, after: rules.of(workspace), isLate: isLate(event, range) };
  await reclassify(tx, models, range, change);
}
