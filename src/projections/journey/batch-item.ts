import type { Position, RecordedEvent } from '../../domain/events.js';
import type { Range } from '../../subscriptions/subscription.js';
import { isPersonal, keysOf } from './facts.js';
import type { Item } from './groups.js';

/** An event of a batch that is to be applied. */
export interface BatchItem extends Item {
  readonly event: RecordedEvent;
  readonly position: Position;
}

export const batchItem = (event: RecordedEvent, range: Range, domains: readonly string[]): BatchItem => ({
  event,
  position: positionOf(event, range),
  workspace: event.workspace,
  keys: isPersonal(event) ? keysOf(event) : NO_KEYS,
  domains,
});

const NO_KEYS: BatchItem['keys'] = [];

/**
 * From where on the log says so. An event that is applied late (it was a dead letter, and is retried) takes effect where
 * the projection stands: what was answered `asOf` an earlier position stays as it was.
 */
export const positionOf = (event: RecordedEvent, range: Range): Position =>
  isLate(event, range) ? range.after : event.position;

/** What an event ends that is applied late may have begun at the very position where it takes effect. */
export const isLate = ({ position }: RecordedEvent, range: Range): boolean => position <= range.after;
