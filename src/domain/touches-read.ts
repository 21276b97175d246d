import { listOf } from './model/journey-model.js';
import type { TouchCondition } from './model/lead-management.js';
import type { TouchpointKind } from './touchpoint.js';

/** Which touchpoints of a lead a condition reads. */
export interface TouchesRead {
  /** Undefined: of every kind. */
  readonly kinds: ReadonlySet<TouchpointKind> | undefined;
  /** Where they came from, which may be where their session came from: it follows from the touchpoints before. */
  readonly origin: boolean;
}

export const touchesRead = ({ kind, channel, source, campaign }: TouchCondition): TouchesRead => ({
  kinds: kind === undefined ? undefined : new Set(listOf(kind)),
  origin: [channel, source, campaign].some((part) => part !== undefined),
});

/** What several conditions read together; undefined: nothing. */
export function joinTouchesRead(parts: readonly (TouchesRead | undefined)[]): TouchesRead | undefined {
  const reads = parts.flatMap((part) => part ?? []);
  if (reads.length === 0) return undefined;
  const isOfEveryKind = reads.some(({ kinds }) => kinds === undefined);
  return {
    kinds: isOfEveryKind ? undefined : new Set(reads.flatMap(({ kinds }) => [...(kinds ?? [])])),
    origin: reads.some(({ origin }) => origin),
  };
}

/** Something that follows from all touchpoints of a lead. */
export const EVERY_TOUCH: TouchesRead = { kinds: undefined, origin: false };

/** New touchpoints of which kinds may have a condition come out different. Undefined: of every kind. */
export function kindsThatMatter(reads: TouchesRead | undefined): ReadonlySet<TouchpointKind> | undefined {
  if (!reads) return new Set();
  return reads.origin ? undefined : reads.kinds;
}
