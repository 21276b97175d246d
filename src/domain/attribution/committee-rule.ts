import { faultAt, isObject, type Fault, type Path, type Shape } from '../model/fields.js';
import type { Division, Part } from './parts.js';
import { sizeOf } from './parts.js';

/**
 * Whose touchpoints count: `contacts` with a role, or without any all leads of the account; the `primary` contacts alone; all leads of
 * the `account`.
 */
export const COMMITTEES = ['contacts', 'primary', 'account'] as const;
export type Committee = (typeof COMMITTEES)[number];

/** What the touches of a person weigh, by role. Roles that are not named, and people without one, weigh 1. */
export type RoleWeights = Readonly<Record<string, number>>;

export interface CommitteeRule {
  readonly committee: Committee;
  readonly roleWeights: RoleWeights;
}

export const DEFAULT_COMMITTEE: CommitteeRule = { committee: 'contacts', roleWeights: {} };

const MOST_ROLES = 50;
const LEAST_WEIGHT = 0.001;
const MOST_WEIGHT = 1_000;
const LONGEST_ROLE = 100;

/** The one form of a role: CRMs write `Decision Maker` where programs write `decision_maker`. */
export const roleName = (role: string): string =>
  role
    .normalize('NFC')
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/gu, '_');

/** The role of a primary contact where the CRM has no other mark for it. */
const PRIMARY = 'primary';

export const isPrimaryRole = (role: string): boolean => roleName(role) === PRIMARY;

export const roleWeightsShape: Shape = {
  schema: {
    type: 'object',
    maxProperties: MOST_ROLES,
    additionalProperties: { type: 'number', minimum: 0, maximum: MOST_WEIGHT },
  },
  check: checkRoleWeights,
};

function checkRoleWeights(value: unknown, at: Path): readonly Fault[] {
  if (!isObject(value)) return [faultAt(at, 'must be an object of weights by role')];
  const roles = Object.entries(value);
  if (roles.length === 0) return [faultAt(at, 'must name a role')];
  if (roles.length > MOST_ROLES) return [faultAt(at, `must name at most ${MOST_ROLES} roles`)];
  const seen = new Set<string>();
  return roles.flatMap(([role, weight]) => {
    const name = roleName(role);
    const isRepeat = seen.has(name);
    seen.add(name);
    if (name === '' || role.length > LONGEST_ROLE)
      return [faultAt(at, `has a role that is empty or longer than ${LONGEST_ROLE} characters`)];
    if (isRepeat) return [faultAt([...at, role], `is the role ${name}, which has a weight already`)];
    return isWeight(weight)
      ? []
      : [faultAt([...at, role], `must be 0, or a number from ${LEAST_WEIGHT} to ${MOST_WEIGHT}`)];
  });
}

const isWeight = (weight: unknown): boolean =>
  typeof weight === 'number' && (weight === 0 || (weight >= LEAST_WEIGHT && weight <= MOST_WEIGHT));

/** In one form: what weighs 1 is left out, as it does so without being named. */
export const parsedRoleWeights = (given: RoleWeights): RoleWeights =>
  Object.fromEntries(
    Object.entries(given)
      .map(([role, weight]) => [roleName(role), weight] as const)
      .filter(([, weight]) => weight !== 1)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Of somebody with these roles: the CRM may have several contacts for one person, of whom the weightiest counts. */
export function weightOfRoles(roles: Iterable<string>, weights: RoleWeights): number {
  const found = [...roles].map((role) => {
    const name = roleName(role);
    return Object.hasOwn(weights, name) ? (weights[name] ?? 1) : 1;
  });
  return found.length === 0 ? 1 : Math.max(...found);
}

export const hasRoleWeights = ({ roleWeights }: CommitteeRule): boolean =>
  Object.keys(roleWeights).length > 0;

/** A weight of 0 leaves people out, as if they were not on the committee. */
export const leavesOutPeople = (roleWeights: RoleWeights): boolean =>
  Object.values(roleWeights).some((weight) => weight === 0);

/** Whether members are others than by default. */
export const choosesMembers = ({ committee, roleWeights }: CommitteeRule): boolean =>
  committee !== 'contacts' || leavesOutPeople(roleWeights);

/**
 * A division in which each touch of a part takes in proportion to the weight of its person. What no touch gets stays the same share of
 * the whole.
 *
 * @param weights of the touches, more than 0
 */
export function divideByRole({ parts, unattributed }: Division, weights: readonly number[]): Division {
  const taken = parts.filter((part) => part.touches.length > 0);
  const before = sumOf(taken);
  if (before === 0n) return { parts, unattributed };
  const multiple = [...new Set(taken.map((part) => BigInt(part.touches.length)))].reduce((a, b) => a * b, 1n);
  const weighed = taken.flatMap((part) => weighedParts(part, weights, multiple));
  if (unattributed === 0n) return { parts: weighed, unattributed };
  return {
    parts: weighed.map((part) => ({ ...part, size: part.size * before })),
    unattributed: unattributed * sumOf(weighed),
  };
}

/** Touches of one weight stay one part, since they share it evenly. */
function weighedParts({ touches, size, why }: Part, weights: readonly number[], multiple: bigint): Part[] {
  const each = (size * multiple) / BigInt(touches.length);
  return [...Map.groupBy(touches, (touch) => weights[touch] ?? 1)].map(([weight, ofWeight]) => ({
    touches: ofWeight,
    size: each * sizeOf(weight) * BigInt(ofWeight.length),
    why: weight === 1 ? why : `${why}, role weight ${weight}`,
  }));
}

const sumOf = (parts: readonly Part[]): bigint => parts.reduce((sum, { size }) => sum + size, 0n);
