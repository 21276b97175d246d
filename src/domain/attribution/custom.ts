import { faultAt, number, object, oneOf, record, type Shape, type Rule, withRules } from '../model/fields.js';
import { TOUCHPOINT_KINDS, CHANNELS, type Channel, type TouchpointKind } from '../touchpoint.js';
import { type Division, type Part, sizeOf } from './parts.js';
import { MILESTONES, type Milestone } from './touches.js';

/** What becomes of percents that no touch takes. */
export const LEFTOVERS = ['redistribute', 'unattributed'] as const;
export type Leftover = (typeof LEFTOVERS)[number];

/** Percents of an opportunity, by what its touches are. Touches of one entry share it evenly; a touch may be in several. */
export interface CustomModel {
  readonly milestones?: Partial<Record<Milestone, number>>;
  readonly kinds?: Partial<Record<TouchpointKind, number>>;
  readonly channels?: Partial<Record<Channel, number>>;
  /** By the buying stage that the content of a touch is mapped to. */
  readonly contentStages?: Readonly<Record<string, number>>;
  /** For the touches of no entry above. */
  readonly others?: number;
  /**
   * Of the percents that are not given, and those whose entry has no touch: `redistribute` spreads them over the other
   * entries in proportion, `unattributed` leaves them unattributed. Where no entry has a touch, everything is unattributed.
   */
  readonly leftover: Leftover;
}

const percent = number(0, 100);
const percents = (names: readonly string[]): Shape =>
  object({}, Object.fromEntries(names.map((name) => [name, percent])));

const atMostAll: Rule = (model: CustomModel, at) => {
  const sum = entriesOf(model).reduce(
    (total, [, , share]) => total + sizeOf(share),
    sizeOf(model.others ?? 0),
  );
  if (sum === 0n) return 'has no percent above 0';
  if (sum <= sizeOf(100)) return undefined;
  return [faultAt(at, `adds up to ${Number(sum) / 1e12} percent; at most 100 can be shared out`)];
};

export const customShape = withRules(
  object({ leftover: oneOf(LEFTOVERS) }, {
    milestones: percents(MILESTONES),
    kinds: percents(TOUCHPOINT_KINDS),
    channels: percents(CHANNELS),
    contentStages: record(percent, 'must name a stage'),
    others: percent,
  } satisfies Record<Exclude<keyof CustomModel, 'leftover'>, Shape>),
  atMostAll,
);

/** What custom models look at. */
export interface CustomTouch {
  readonly milestones: readonly Milestone[];
  readonly kind: TouchpointKind;
  readonly channel: Channel;
  readonly contentStage: string | null;
}

type Dimension = 'milestones' | 'kinds' | 'channels' | 'contentStages';
const DIMENSIONS = ['milestones', 'kinds', 'channels', 'contentStages'] as const;

const VALUES: Readonly<Record<Dimension, (touch: CustomTouch) => readonly (string | null)[]>> = {
  milestones: ({ milestones }) => milestones,
  kinds: ({ kind }) => [kind],
  channels: ({ channel }) => [channel],
  contentStages: ({ contentStage }) => [contentStage],
};

const entriesOf = (model: CustomModel): (readonly [Dimension, string, number])[] =>
  DIMENSIONS.flatMap((dimension) =>
    Object.entries(model[dimension] ?? {}).map(([value, share]) => [dimension, value, share] as const),
  );

/** The parts with touches, in the order of the model, each with what it is for. */
export function customParts(model: CustomModel, touches: readonly CustomTouch[]): readonly Part[] {
  const parts = entriesOf(model).map(([dimension, value, share]) => ({
    touches: indexesWhere(touches, (touch) => VALUES[dimension](touch).includes(value)),
    size: sizeOf(share),
    why: `${dimension} ${value}`,
  }));
  const taken = new Set(parts.flatMap((part) => part.touches));
  const others = {
    touches: [...touches.keys()].filter((touch) => !taken.has(touch)),
    size: sizeOf(model.others ?? 0),
    why: 'others',
  };
  return [...parts, others].filter((part) => part.size > 0n && part.touches.length > 0);
}

/** How the percents divide an opportunity. */
export function customDivision(model: CustomModel, touches: readonly CustomTouch[]): Division {
  const parts = customParts(model, touches);
  const taken = parts.reduce((sum, { size }) => sum + size, 0n);
  const keeps = model.leftover === 'redistribute' && taken > 0n;
  return { parts, unattributed: keeps ? 0n : sizeOf(100) - taken };
}

const indexesWhere = (touches: readonly CustomTouch[], holds: (touch: CustomTouch) => boolean): number[] =>
  touches.flatMap((touch, index) => (holds(touch) ? [index] : []));
