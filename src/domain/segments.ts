import { leadRule } from './lead-condition.js';
import type { LeadSnapshot } from './lead-snapshot.js';
import type { JourneyModel } from './model/journey-model.js';
import { joinTouchesRead, kindsThatMatter, type TouchesRead } from './touches-read.js';
import type { TouchpointKind } from './touchpoint.js';

/** The segments of a model, compiled. */
export interface SegmentRules {
  readonly ids: readonly string[];
  /** The touchpoints that `segmentsOf` needs in `LeadSnapshot.journey`; undefined: none. */
  readonly touchesRead: TouchesRead | undefined;
  /** New touchpoints of other kinds change no segment. Undefined: those of any kind may. */
  readonly changedBy: ReadonlySet<TouchpointKind> | undefined;
  readonly segmentsOf: (lead: LeadSnapshot, at: number) => LeadSegments;
}

export interface LeadSegments {
  readonly ids: readonly string[];
  /** The first instant (ms) at which they may be others although nothing happens; Infinity: never. */
  readonly nextChange: number;
}

const compiled = new WeakMap<JourneyModel, SegmentRules>();

/** Compiles a model once for each document object. */
export function segmentRules(model: JourneyModel): SegmentRules {
  let rules = compiled.get(model);
  if (!rules) compiled.set(model, (rules = compile(model)));
  return rules;
}

function compile(model: JourneyModel): SegmentRules {
  const segments = (model.segments ?? []).map(({ id, when }) => ({ id, rule: leadRule(model, when) }));
  return {
    ids: segments.map(({ id }) => id),
    touchesRead: joinTouchesRead(segments.map(({ rule }) => rule.touchesRead)),
    changedBy: kindsThatMatter(joinTouchesRead(segments.map(({ rule }) => rule.dependsOn))),
    segmentsOf: (lead, at) => ({
      ids: segments.filter(({ rule }) => rule.test(lead, at)).map(({ id }) => id),
      nextChange: Math.min(...segments.map(({ rule }) => rule.nextChange(lead, at))),
    }),
  };
}
