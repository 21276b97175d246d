import { listOf, type Grade, type OneOrMore } from './model/journey-model.js';
import type { LeadCondition, LeadFacts } from './model/lead-management.js';
import { recordTest } from './value-test.js';

/**
 * What a lead must have to meet a condition, now or by time alone, as stored columns say: a lead without it is not in the segment
 * and need not be read. A part that is absent asks for nothing.
 */
export interface SegmentNeeds {
  readonly personas?: readonly string[];
  readonly stages?: readonly string[];
  readonly grades?: readonly Grade[];
  /** A score decays towards 0: it is never higher than 0 or what it was at its last change. */
  readonly score?: number;
  /** Any trait. */
  readonly traits?: true;
  readonly account?: true;
  /** A touchpoint of one of these kinds. */
  readonly kinds?: readonly string[];
}

/** One entry for each way to meet the condition. */
export function needsOf({ any, ...facts }: LeadCondition): readonly SegmentNeeds[] {
  const own = needsOfFacts(facts);
  return any ? any.map((each) => ({ ...needsOfFacts(each), ...own })) : [own];
}

function needsOfFacts({ persona, stage, grade, score, traits, account, did }: LeadFacts): SegmentNeeds {
  const kinds = did?.map(({ when }) => when.kind).find((kind) => kind !== undefined);
  return {
    ...list('personas', persona),
    ...list('stages', stage),
    ...list('grades', grade),
    ...list('kinds', kinds),
    ...(score?.atLeast !== undefined && { score: score.atLeast }),
    ...(traits && !recordTest(traits)({}) && { traits: true }),
    ...(account && isOfAccount(account) && { account: true }),
  };
}

const list = <Name extends string, Value extends string>(
  name: Name,
  values: OneOrMore<Value> | undefined,
): Partial<Record<Name, readonly Value[]>> =>
  values === undefined ? {} : ({ [name]: listOf(values) } as Record<Name, readonly Value[]>);

const isOfAccount = ({ id, domain, known }: NonNullable<LeadFacts['account']>): boolean =>
  id !== undefined || domain !== undefined || known === true;
