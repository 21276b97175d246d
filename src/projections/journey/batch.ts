import type { PoolClient } from 'pg';
import { isEvent, type RecordedEvent } from '../../domain/events.js';
import { PoisonedEvent, type Range } from '../../subscriptions/subscription.js';
import { applySection } from './batch-section.js';
import { isLate, positionOf } from './batch-item.js';
import { Models } from './models.js';
import { moveDays, refoldEverybody } from './publication.js';
import type { WorkingSet } from './working-set.js';

/**
 * Applies a batch. A model's publication concerns everybody, so it divides the batch into sections; what lies between two
 * publications is applied side by side.
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
  const models = new Models(tx);
  await models.load([...new Set(batch.map(({ workspace }) => workspace))]);
  let section: RecordedEvent[] = [];
  for (const event of batch) {
    if (!isEvent(event, 'JourneyModelPublished')) {
      section.push(event);
      continue;
    }
    await applySection(section, tx, range, models, set);
    section = [];
    set = undefined;
    await publish(event, tx, range, models);
  }
  return applySection(section, tx, range, models, set);
}

async function publish(
  event: RecordedEvent<'JourneyModelPublished'>,
  tx: PoolClient,
  range: Range,
  models: Models,
): Promise<void> {
  const { workspace } = event;
  const position = positionOf(event, range);
  const { timeZone } = models.of(workspace);
  try {
    await models.publish(event, position);
  } catch (cause) {
    throw new PoisonedEvent(event, [`workspace:${workspace}`], { cause });
  }
  await refoldEverybody(tx, models, workspace, position, isLate(event, range));
  await moveDays(tx, models, workspace, timeZone);
}
