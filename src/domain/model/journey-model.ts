import type { PublisherKind } from '../catalogue-events.js';
import type { AttributionSettings } from '../attribution/settings.js';
import type { MailProviders } from '../email-kinds.js';
import type { Condition, Grade, OneOrMore, TraitCondition } from './conditions.js';
import type { LeadManagement } from './lead-management.js';

export * from './conditions.js';

/**
 * The journey model: the one reviewed document in which marketing says how buyers buy. Everything derived (persona,
 * stage, score, grade, credit) is computed from the log with it, so publishing a version recomputes all of it.
 * docs/journey-model.md documents each part for marketing operations.
 */
export interface JourneyModel extends LeadManagement {
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

export interface CataloguedContent {
  readonly id: string;
  readonly title: string;
  /** `white_paper`, `webinar`, `case_study` …: a word of the workspace. */
  readonly type: string;
  /** Id of the buying stage it serves. */
  readonly stage?: string;
  readonly personas?: readonly string[];
  /** Further cells of persona × stage that it serves, for reports; conditions see only `stage`. */
  readonly alsoServes?: readonly ServedCell[];
  readonly author?: string;
  readonly publisher?: PublisherKind;
  /**
   * URL patterns. `/pricing` is that path on any host, `www.acme.example/blog/**` names the host; `*` stands for
   * anything within a path segment and `**` for anything at all; query and fragment count as far as the pattern names
   * them (`/article?id=*`, `/#/pricing`). The first entry that matches wins.
   */
  readonly urls?: readonly string[];
  /** Each URL that matches is a content of its own (its URL is the id), of this type and stage: a blog, a library. */
  readonly eachPage?: boolean;
}

/** A buying stage, of these personas or of all. */
export interface ServedCell {
  readonly stage: string;
  readonly personas?: readonly string[];
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

/** Days in milliseconds: every window and half-life of the model is in days of 24 hours. */
export const DAY_MS = 86_400_000;
