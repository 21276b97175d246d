import type { Channel, TouchpointKind } from '../touchpoint.js';

export type OneOrMore<T> = T | readonly T[];
export type Scalar = string | number | boolean;

/** What a touchpoint must be like. Every part that is given must hold; of a list, any. */
export interface Condition {
  readonly kind?: OneOrMore<TouchpointKind>;
  readonly channel?: OneOrMore<Channel>;
  readonly source?: OneOrMore<string>;
  readonly campaign?: OneOrMore<string>;
  /** The client's own name of a custom touchpoint. */
  readonly name?: OneOrMore<string>;
  readonly content?: ContentCondition;
  /** By name of a property of the touchpoint; dots reach into objects. */
  readonly property?: Readonly<Record<string, ValueTest>>;
  /** The touchpoint is one of these trigger events. */
  readonly trigger?: OneOrMore<string>;
  /** One of these trigger events was seen in the days before, or is this touchpoint. */
  readonly afterTrigger?: { readonly trigger: OneOrMore<string>; readonly withinDays: number };
  /** No touchpoint that counts was seen for this many days before. */
  readonly afterSilenceDays?: number;
  /** This is at least the nth touchpoint that meets the other parts, within the days up to it (without: ever). */
  readonly count?: { readonly atLeast: number; readonly withinDays?: number };
}

export interface ContentCondition {
  readonly id?: OneOrMore<string>;
  readonly type?: OneOrMore<string>;
  /** Buying stage the catalogue maps the content to. */
  readonly stage?: OneOrMore<string>;
  /** URL pattern, as in the catalogue. */
  readonly url?: OneOrMore<string>;
}

/** Every part that is given must hold. */
export interface ValueTest {
  readonly is?: OneOrMore<Scalar>;
  /** Any of these words or phrases occurs as whole words; case does not matter. */
  readonly words?: readonly string[];
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly known?: boolean;
}

/** By name of a trait; dots reach into objects. All must hold. */
export type TraitCondition = Readonly<Record<string, ValueTest>>;

export const GRADES = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
export type Grade = (typeof GRADES)[number];

/** The values of a part that takes one or more. */
export function listOf<T>(value: OneOrMore<T> | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
