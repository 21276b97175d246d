import type { EventType } from '../events.js';
import type { DriftCause } from './drift.js';

/** What the event at a position did to what the credits of an opportunity follow from. */
export interface CreditChange {
  /** Of the event there; undefined: it has nothing to do with what changed, so an earlier one was applied then. */
  readonly type: EventType | undefined;
  /** Touchpoints went from one lead to another, or a key of a contact means another lead. */
  readonly movesTouchpoints: boolean;
  /** Other events are judged otherwise: a person's or a machine's. */
  readonly changesVerdicts: boolean;
  /** The event itself is a touchpoint of the committee. */
  readonly isTouchpoint: boolean;
}

const isOf = (cause: DriftCause) => (): DriftCause => cause;

/** Events with identity keys can make two leads one. */
const claimed = ({ movesTouchpoints }: CreditChange): DriftCause =>
  movesTouchpoints ? 'merges' : 'profiles';

function recorded(change: CreditChange): DriftCause {
  if (change.movesTouchpoints) return 'merges';
  if (change.changesVerdicts) return 'verdicts';
  return change.isTouchpoint ? 'late_touchpoints' : 'profiles';
}

/** Types of events that change nothing of what credits follow from are left out. */
const CAUSES: Partial<Record<EventType, (change: CreditChange) => DriftCause>> = {
  TouchpointRecorded: recorded,
  TouchpointWithdrawn: isOf('withdrawn_touchpoints'),
  IdentityClaimed: claimed,
  ConsentChanged: claimed,
  IdentitiesMerged: isOf('merges'),
  IdentitiesSplit: isOf('splits'),
  AccountObserved: isOf('profiles'),
  OpportunityOpened: isOf('opportunity_changes'),
  OpportunityChanged: isOf('opportunity_changes'),
  ContactRoleAssigned: isOf('opportunity_changes'),
  OpportunityWon: isOf('opportunity_changes'),
  OpportunityLost: isOf('opportunity_changes'),
  OpportunityReopened: isOf('opportunity_changes'),
  OpportunityDeleted: isOf('opportunity_changes'),
  JourneyModelPublished: isOf('model_version'),
  JourneyModelApplied: isOf('model_version'),
  VerdictRulePublished: isOf('verdicts'),
  VerdictRuleWithdrawn: isOf('verdicts'),
  ContentCatalogued: isOf('catalogue'),
};

/** One event has one cause, so that what each changed can be added up. */
export const causeOf = (change: CreditChange): DriftCause =>
  (change.type && CAUSES[change.type]?.(change)) ?? 'dead_letters';
