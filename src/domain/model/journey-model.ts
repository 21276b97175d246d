import type { AttributionSettings } from '../attribution/settings.js';
import type { Channel, TouchpointKind } from '../touchpoint.js';

/**
 * The journey model: the one reviewed document in which marketing says how buyers buy. Everything derived (persona,
 * stage, score, grade, credit) is computed from the log with it, so publishing a version recomputes all of it.
 * docs/journey-model.md documents each part for marketing operations.
 */
export interface JourneyModel {
  readonly name: string;
  /** ISO 4217; reports are in this currency. */
  readonly currency: string;
  /** IANA name; a date of a report and a `cap` per day mean days of this zone. */
  readonly timeZone: string;
  readonly rates: readonly ExchangeRate[];
  /** In order: a lead is the first persona one of whose conditions its traits meet. */
  readonly personas: readonly Persona[];
  /** In the buyer's order. A persona may bring stages of its own instead. */
  readonly stages: readonly BuyingStage[];
  /** Named events that turn a person into a motivated buyer; conditions refer to them. */
  readonly triggers: readonly Trigger[];
  readonly contents: readonly CataloguedContent[];
  readonly scoring: Scoring;
  readonly grading: Grading;
  /** A pause longer than this ends a session. */
  readonly sessionIdleMinutes: number;
  /**
   * Hosts of our own sign-in and payment pages, each with all below it: who comes back from them came from where the session
   * came from. Beside those that every workspace has.
   */
  readonly relays?: readonly string[];
  readonly mailProviders?: MailProviders;
  readonly attribution: AttributionSettings;
}

/** What the workspace knows better than the lists of mail providers, whose addresses name no company. By domain. */
export interface MailProviders {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/** From `date` on (YYYY-MM-DD, until the next rate of the same currency) one unit of `currency` is `rate` units of the model's. */
export interface ExchangeRate {
  readonly currency: string;
  readonly date: string;
  readonly rate: number;
}

export interface Persona {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  /** Any of these. */
  readonly when: readonly TraitCondition[];
  readonly stages?: readonly BuyingStage[];
}

export interface BuyingStage {
  readonly id: string;
  readonly name: string;
  /** Any of these; the furthest stage that a touchpoint enters is taken, stages between are skipped. */
  readonly enter: readonly StageRule[];
}

export interface StageRule {
  readonly name: string;
  readonly when: Condition;
  /** The rule also leads here from a later stage. */
  readonly back?: boolean;
}

export interface Trigger {
  readonly id: string;
  readonly name?: string;
  readonly when: Condition;
}

type OneOrMore<T> = T | readonly T[];
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

export interface CataloguedContent {
  readonly id: string;
  readonly title: string;
  /** `white_paper`, `webinar`, `case_study` …: a word of the workspace. */
  readonly type: string;
  /** Id of the buying stage it serves. */
  readonly stage?: string;
  readonly personas?: readonly string[];
  readonly author?: string;
  /** Ours, an analyst's, media's, an independent expert's. */
  readonly publisher?: string;
  /**
   * URL patterns. `/pricing` is that path on any host, `www.acme.example/blog/**` names the host; `*` stands for
   * anything within a path segment and `**` for anything at all; query and fragment count as far as the pattern names
   * them (`/article?id=*`, `/#/pricing`). The first entry that matches wins.
   */
  readonly urls?: readonly string[];
  /** Each URL that matches is a content of its own (its URL is the id), of this type and stage: a blog, a library. */
  readonly eachPage?: boolean;
}

export interface Scoring {
  /** Points lose half their worth in this many days. */
  readonly halfLifeDays: number;
  /** In order: a touchpoint is scored by the first rule it meets, or not at all. */
  readonly rules: readonly ScoreRule[];
}

export const CAP_PERIODS = ['session', 'day', 'week', 'month', 'ever'] as const;
export type CapPeriod = (typeof CAP_PERIODS)[number];

export interface ScoreRule {
  readonly name: string;
  readonly when: Condition;
  /** Negative points are allowed. */
  readonly points: number;
  /** At most `count` scores of this rule in one period; a touchpoint over the cap is not scored. Weeks begin on Monday. */
  readonly cap?: { readonly count: number; readonly per: CapPeriod };
  readonly oncePerContent?: boolean;
  /** Only for these personas. */
  readonly persona?: OneOrMore<string>;
}

export const GRADES = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
export type Grade = (typeof GRADES)[number];

export interface Grading {
  /** The points of every rule that is met are added up. */
  readonly rules: readonly GradeRule[];
  /** Fewest points of each grade; below all of them the grade is F. */
  readonly grades: Readonly<Record<Exclude<Grade, 'F'>, number>>;
}

export interface GradeRule {
  readonly name: string;
  readonly when: TraitCondition;
  readonly points: number;
}

/** The values of a part that takes one or more. */
export function listOf<T>(value: OneOrMore<T> | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** Days in milliseconds: every window and half-life of the model is in days of 24 hours. */
export const DAY_MS = 86_400_000;
