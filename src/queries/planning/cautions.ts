import { LEAD_STEPS, type PlanStep } from '../../domain/planning/plan.js';
import type { MagicNumberAnswer, PersonaPlanItem, PlanStepItem } from './magic-number-answer.js';

/** Fewer that moved on than this are a small sample: the rate may be half or twice as high. */
export const FEW = 10;

const WORDS: Readonly<Record<PlanStep, string>> = {
  lead: 'the first touch',
  engaged: 'engaged',
  qualified: 'qualified',
  accepted: 'accepted',
  opportunity: 'an opportunity',
  won: 'won',
};

type Planned = Pick<PersonaPlanItem, 'label' | 'goal' | 'revenuePerSale' | 'steps'>;

/** What to mind about the plan of a persona, in plain words. */
export function cautionsOf({ label, goal, revenuePerSale, steps }: Planned, daysLeft: number): string[] {
  if (goal.amount.replace(/[0.]/g, '') === '') return [];
  if (revenuePerSale === null)
    return [`${label}: nothing was won in the history, so nobody knows what this part of the goal needs`];
  const from = (step: PlanStepItem): string => `${WORDS[step.step]} (${counts(step)})`;
  const converted = steps.filter(({ conversion }) => conversion !== null);
  const unknown = converted.filter(({ conversion }) => conversion?.trials === 0);
  const none = converted.filter(({ conversion }) => conversion?.conversions === 0 && conversion.trials > 0);
  const few = converted.filter((step) => step.smallSample && !unknown.includes(step) && !none.includes(step));
  const skipped = steps.filter(({ step, taken, reached }) => isLead(step) && taken === 0 && reached > 0);
  return [
    ...(unknown.length > 0
      ? [
          `${label}: nobody reached ${unknown.map(({ step }) => WORDS[step]).join(', ')} long enough ago in the history, so nobody knows how many go on from there`,
        ]
      : []),
    ...none.map(
      (step) =>
        `${label}: nobody moved on from ${from(step)}, so nobody knows how many are needed up to there`,
    ),
    ...(few.length > 0
      ? [
          `${label}: fewer than ${FEW} moved on from ${few.map(from).join(', ')}; mind the intervals rather than the numbers`,
        ]
      : []),
    ...skipped.map(
      ({ step }) => `${label}: nobody was recorded as ${WORDS[step]}; who came further counts as such`,
    ),
    ...lateness(label, steps, daysLeft),
  ];
}

const isLead = (step: PlanStep): boolean => (LEAD_STEPS as readonly string[]).includes(step);

const counts = ({ conversion }: PlanStepItem): string =>
  `${conversion?.conversions ?? 0} of ${conversion?.trials ?? 0}`;

function lateness(label: string, steps: readonly PlanStepItem[], daysLeft: number): string[] {
  if (daysLeft <= 0) return [];
  const late = steps.filter(({ timely, winShare }) => timely === 0 && winShare !== null && winShare > 0);
  const last = late.at(-1);
  return last
    ? [
        `${label}: who reaches ${WORDS[last.step]} now, or a step before, comes too late; nobody was won from there within ${Math.floor(daysLeft)} days`,
      ]
    : [];
}

type Total = Pick<MagicNumberAnswer, 'status' | 'by' | 'capacity' | 'personas'>;

/** What to mind about the whole plan. */
export function totalCautions(
  { status, by, capacity, personas }: Total,
  unconverted: { readonly currency: string; readonly count: number }[],
): string[] {
  const { canTake, missing, isEnough, ended } = capacity;
  return [
    ...(status === 'past' ? [`${by} has passed: nothing more can be booked by then`] : []),
    ...(status === 'unknown'
      ? ['Nothing was won in the history: choose a longer one, or wait for the first sales']
      : []),
    ...unconverted.map(({ currency, count }) =>
      count === 1
        ? `1 opportunity in ${currency} has no published rate and is in no amount`
        : `${count} opportunities in ${currency} have no published rate and are in no amount`,
    ),
    ...(isEnough === false
      ? [`Sales can take ${canTake} more leads by then, of ${missing} accepted ones that are missing`]
      : []),
    ...(canTake !== null && ended > 0 && ended < FEW
      ? [
          `What sales can take follows from ${ended} ${ended === 1 ? 'hand-off that ended' : 'hand-offs that ended'}; mind that so few may be no rule`,
        ]
      : []),
    ...personas.flatMap(({ cautions }) => cautions),
  ];
}
