import type { Position, RecordedEvent } from '../../domain/events.js';
import type { Range } from '../../subscriptions/subscription.js';
import type { Judgement, JudgementChange, Rejudged } from '../../domain/verdict/judgement.js';
import { isPersonal, keysOf } from './facts.js';
import type { KeyRecord } from './records.js';
import type { RuleInForce } from './verdict-rules.js';
import type { WorkingSet } from './working-set.js';

/** An event of a batch that is to be applied. */
export interface BatchItem {
  readonly event: RecordedEvent;
  readonly position: Position;
  readonly workspace: string;
  /** Of the keys that it names, each once. */
  readonly records: readonly KeyRecord[];
  /** E-mail domains whose account it changes. */
  readonly domains: readonly string[];
  /** What other events of the same mail or activity make of it. */
  readonly judgement: Judgement | undefined;
  /** The rule that decides instead. */
  readonly rule: RuleInForce | undefined;
  /** Touchpoints before it that are judged otherwise because of it. */
  readonly rejudged: readonly RejudgedTouch[];
}

export interface RejudgedTouch extends Rejudged {
  /** Of its keys. */
  readonly records: readonly KeyRecord[];
}

export function batchItem(
  set: WorkingSet,
  event: RecordedEvent,
  range: Range,
  domains: readonly string[],
  change: JudgementChange | undefined,
  rule: RuleInForce | undefined,
): BatchItem {
  const { workspace } = event;
  const keys = isPersonal(event) ? keysOf(event) : [];
  const records = keys.map((key) => set.key(workspace, key));
  const rejudged = change?.others.map((other) => ({
    ...other,
    records: other.keys.map((key) => set.key(workspace, key)),
  }));
  const position = positionOf(event, range);
  return {
    event,
    position,
    workspace,
    records,
    domains,
    judgement: change?.own,
    rule,
    rejudged: rejudged ?? NONE,
  };
}

const NONE: readonly RejudgedTouch[] = [];

/**
 * From where on the log says so. An event that is applied late (it was a dead letter, and is retried) takes effect where
 * the projection stands: what was answered `asOf` an earlier position stays as it was.
 */
export const positionOf = (event: RecordedEvent, range: Range): Position =>
  isLate(event, range) ? range.after : event.position;

/** What an event ends that is applied late may have begun at the very position where it takes effect. */
export const isLate = ({ position }: RecordedEvent, range: Range): boolean => position <= range.after;
