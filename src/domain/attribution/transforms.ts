import { faultAt, integer, list, object, oneOf, type Fault, type Path, type Shape } from '../model/fields.js';
import { DAY_MS } from '../model/journey-model.js';
import { CHANNELS, TOUCHPOINT_KINDS, type Channel, type TouchpointKind } from '../touchpoint.js';
import { type Player, playerOf, type PlayingTouch, timesPlayer } from './players.js';
import { MILESTONES, type Milestone } from './touches.js';

/**
 * What becomes of touches of a player that the path met before (names and meaning of Snowplow's attribution packages):
 * `unique` keeps all, `exposure` makes those that follow one another one, `first` keeps the first of each player, and
 * `frequency` does the same and makes the number of times part of the player.
 */
export const REPEATS = ['unique', 'exposure', 'first', 'frequency'] as const;
export type Repeats = (typeof REPEATS)[number];

/** `drop_trailing`: only those after the last other touch. `…_unless_all`: a path of nothing else stays as it is. */
export const DIRECT = ['keep', 'drop', 'drop_unless_all', 'drop_trailing_unless_all'] as const;
export type Direct = (typeof DIRECT)[number];

/** What is done to the path of an opportunity before a model sees it, in this order. */
export interface PathTransforms {
  /** Only touches of these kinds, and none of those; left out: of all. */
  readonly kinds?: readonly TouchpointKind[];
  readonly withoutKinds?: readonly TouchpointKind[];
  readonly channels?: readonly Channel[];
  readonly withoutChannels?: readonly Channel[];
  readonly direct?: Direct;
  /** Only touches of so many days before the reference date. The lookback of the journey model stays the longest. */
  readonly lookbackDays?: number;
  /** Minimum engagement: people with fewer touches on the path are passers-by, and their touches are left out. */
  readonly minTouchesPerLead?: number;
  /** Only so many last touches. */
  readonly lookbackSteps?: number;
  readonly repeats?: Repeats;
}

const FIELDS = {
  kinds: list(oneOf(TOUCHPOINT_KINDS), 1),
  withoutKinds: list(oneOf(TOUCHPOINT_KINDS), 1),
  channels: list(oneOf(CHANNELS), 1),
  withoutChannels: list(oneOf(CHANNELS), 1),
  direct: oneOf(DIRECT),
  lookbackDays: integer(1, 3650),
  minTouchesPerLead: integer(1, 1_000),
  lookbackSteps: integer(1, 10_000),
  repeats: oneOf(REPEATS),
} satisfies Record<keyof PathTransforms, Shape>;

export const transformsShape = object({}, FIELDS);
export const TRANSFORM_NAMES = Object.keys(FIELDS) as readonly (keyof PathTransforms)[];

/**
 * Checked and in one form: fields in the order in which they are applied, lists sorted and without repeats, what changes
 * nothing left out. Equal transforms are equal as JSON.
 */
export function parseTransforms(
  value: unknown,
  at: Path = [],
): { readonly transforms: PathTransforms } | { readonly faults: readonly Fault[] } {
  const faults = transformsShape.check(value, at);
  if (faults.length > 0) return { faults };
  const given = value as PathTransforms;
  const nobody = nothingLeft(given, at);
  if (nobody.length > 0) return { faults: nobody };
  const entries = TRANSFORM_NAMES.flatMap((name) => {
    const field = given[name];
    if (field === undefined || field === 'keep' || field === 'unique') return [];
    return [[name, Array.isArray(field) ? [...new Set<string>(field)].sort() : field]];
  });
  return { transforms: Object.fromEntries(entries) as PathTransforms };
}

/** A list and its counterpart that leave nothing are a mistake, not a report without touches. */
function nothingLeft(given: PathTransforms, at: Path): Fault[] {
  const pairs = [
    ['withoutKinds', given.kinds, given.withoutKinds],
    ['withoutChannels', given.channels, given.withoutChannels],
  ] as const;
  return pairs.flatMap(([name, only, without]) =>
    only && without && only.every((each) => (without as readonly string[]).includes(each))
      ? [faultAt([...at, name], 'leaves out everything that may stay')]
      : [],
  );
}

/** A touch of a stored path. */
export interface PathTouch extends PlayingTouch {
  readonly leadId: string;
  readonly occurredAt: Date;
  readonly kind: TouchpointKind;
  readonly milestones: readonly Milestone[];
}

/** A touch that stays, with the milestones that it is now, and its player. */
export interface Step<T extends PathTouch> {
  /** Index in the path before. */
  readonly index: number;
  readonly touch: T;
  readonly player: string;
}

export interface PathDates {
  /** The opening for pipeline, the close for revenue. */
  readonly reference: Date;
  readonly openedAt: Date;
  /** Only where revenue is asked. */
  readonly closedAt?: Date;
}

/** The path that a model sees. Without transforms it is the same. */
export function transformPath<T extends PathTouch>(
  touches: readonly T[],
  transforms: PathTransforms,
  player: Player,
  dates: PathDates,
): readonly Step<T>[] {
  const all = touches.map((touch, index) => ({ index, touch, player: playerOf(player, touch) }));
  if (Object.keys(transforms).length === 0) return all;
  const kept = steps(filtered(all, transforms, dates.reference), transforms);
  const located = kept.length === all.length ? all : relocateMilestones(all, kept, dates);
  return COLLAPSE[transforms.repeats ?? 'unique'](located);
}

function filtered<T extends PathTouch>(
  path: readonly Step<T>[],
  { kinds, withoutKinds, channels, withoutChannels, direct, lookbackDays, ...rest }: PathTransforms,
  reference: Date,
): readonly Step<T>[] {
  const since = lookbackDays === undefined ? -Infinity : +reference - lookbackDays * DAY_MS;
  const listed = path.filter(
    ({ touch: { kind, channel } }) =>
      kinds?.includes(kind) !== false &&
      withoutKinds?.includes(kind) !== true &&
      channels?.includes(channel) !== false &&
      withoutChannels?.includes(channel) !== true,
  );
  const recent = DIRECT_RULES[direct ?? 'keep'](listed).filter(({ touch }) => +touch.occurredAt >= since);
  const least = rest.minTouchesPerLead ?? 1;
  const byLead = Map.groupBy(recent, ({ touch }) => touch.leadId);
  return recent.filter(({ touch }) => (byLead.get(touch.leadId)?.length ?? 0) >= least);
}

type Rule = <T extends PathTouch>(path: readonly Step<T>[]) => readonly Step<T>[];

const isDirect = ({ touch }: Step<PathTouch>): boolean => touch.channel === 'direct';
const dropDirect: Rule = (path) => path.filter((step) => !isDirect(step));
const unlessAll =
  (rule: Rule): Rule =>
  (path) =>
    path.every(isDirect) ? path : rule(path);

const DIRECT_RULES: Readonly<Record<Direct, Rule>> = {
  keep: (path) => path,
  drop: dropDirect,
  drop_unless_all: unlessAll(dropDirect),
  drop_trailing_unless_all: unlessAll((path) =>
    path.slice(0, path.findLastIndex((step) => !isDirect(step)) + 1),
  ),
};

const steps = <T extends PathTouch>(
  path: readonly Step<T>[],
  { lookbackSteps }: PathTransforms,
): readonly Step<T>[] => (lookbackSteps === undefined ? path : path.slice(-lookbackSteps));

/**
 * Milestones among the touches that stay, by the rules for those of all touches. Where the touch that made somebody known is left
 * out, it is the last one of the same person before it that stays.
 */
function relocateMilestones<T extends PathTouch>(
  all: readonly Step<T>[],
  kept: readonly Step<T>[],
  { openedAt, closedAt }: PathDates,
): readonly Step<T>[] {
  const lastUpTo = (time: Date): Step<T> | undefined =>
    kept.findLast(({ touch }) => touch.occurredAt <= time);
  const creation = all.find(({ touch }) => touch.milestones.includes('lead_created'));
  const at: Readonly<Record<Milestone, Step<T> | undefined>> = {
    first: kept[0],
    lead_created:
      creation &&
      kept.findLast(({ index, touch }) => index <= creation.index && touch.leadId === creation.touch.leadId),
    opportunity_created: lastUpTo(openedAt),
    close: closedAt && lastUpTo(closedAt),
  };
  return kept.map((step) =>
    withMilestones(
      step,
      MILESTONES.filter((milestone) => at[milestone] === step),
    ),
  );
}

const withMilestones = <T extends PathTouch>(step: Step<T>, milestones: readonly Milestone[]): Step<T> => ({
  ...step,
  touch: { ...step.touch, milestones },
});

const COLLAPSE: Readonly<Record<Repeats, Rule>> = {
  unique: (path) => path,
  exposure: (path) => {
    let run = 0;
    return merged(path, ({ player }, at) => {
      if (player !== path[at - 1]?.player) run++;
      return run;
    });
  },
  first: (path) => merged(path, ({ player }) => player),
  frequency: (path) => {
    const times = Map.groupBy(path, ({ player }) => player);
    return merged(path, ({ player }) => player).map((step) => ({
      ...step,
      player: timesPlayer(step.player, times.get(step.player)?.length ?? 1),
    }));
  },
};

/** The first touch of each group, with the milestones of all of them. */
function merged<T extends PathTouch>(
  path: readonly Step<T>[],
  groupOf: (step: Step<T>, at: number) => string | number,
): readonly Step<T>[] {
  return [...Map.groupBy(path, groupOf).values()].flatMap(([first, ...others]) => {
    if (first === undefined || others.length === 0) return first ?? [];
    const milestones = new Set([first, ...others].flatMap(({ touch }) => touch.milestones));
    return withMilestones(
      first,
      MILESTONES.filter((milestone) => milestones.has(milestone)),
    );
  });
}
