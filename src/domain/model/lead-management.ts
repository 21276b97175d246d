import type { EmailKind } from '../email-kinds.js';
import type { Lifecycle } from '../lifecycle.js';
import type { Condition, Grade, OneOrMore, TraitCondition } from './conditions.js';

/** The parts of the journey model about leads: when one is ready for sales, who receives it, and by when it must be answered. */
export interface LeadManagement {
  /** One for each persona, and one without `persona` for all others. */
  readonly leadDefinitions?: readonly LeadDefinition[];
  /** In order: the first that matches a lead keeps it from qualifying. */
  readonly leadFilters?: readonly LeadFilter[];
  readonly segments?: readonly Segment[];
  readonly routing?: Routing;
  readonly businessHours?: readonly BusinessHours[];
  /** In order: the first that matches a lead applies. */
  readonly serviceLevels?: readonly ServiceLevel[];
  /** A touchpoint that matches any of these is a nurture touch. */
  readonly nurture?: readonly NurtureRule[];
  /** Our own domains; each includes its subdomains. */
  readonly internalDomains?: readonly string[];
  readonly competitorDomains?: readonly string[];
  readonly investments?: InvestmentPeriods;
}

/** What a touchpoint must be like by itself, whatever came before. */
export type TouchCondition = Omit<Condition, 'trigger' | 'afterTrigger' | 'afterSilenceDays' | 'count'>;

export interface NumberRange {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Touchpoints of a lead that match `when`, within the days before (without: ever). */
export interface Behaviour {
  readonly when: TouchCondition;
  /** Default 1. */
  readonly atLeast?: number;
  readonly withinDays?: number;
}

/** What a lead must be like. Every part that is given must hold; of a list of values, any. */
export interface LeadFacts {
  readonly persona?: OneOrMore<string>;
  readonly stage?: OneOrMore<string>;
  readonly lifecycle?: OneOrMore<Lifecycle>;
  readonly grade?: OneOrMore<Grade>;
  /** What its e-mail address is. */
  readonly email?: OneOrMore<EmailKind>;
  readonly score?: NumberRange;
  readonly traits?: TraitCondition;
  readonly account?: AccountCondition;
  /** All of these. */
  readonly did?: readonly Behaviour[];
  /** None of these. */
  readonly didNot?: readonly Behaviour[];
}

export interface AccountCondition {
  readonly id?: OneOrMore<string>;
  /** Domain of the account; it includes its subdomains. */
  readonly domain?: OneOrMore<string>;
  /** Whether the lead belongs to an account. */
  readonly known?: boolean;
}

export interface LeadCondition extends LeadFacts {
  /** At least one of these must hold too. */
  readonly any?: readonly LeadFacts[];
  /** None of these may hold. */
  readonly none?: readonly LeadFacts[];
}

/** A lead condition that may also refer to segments. */
export interface SegmentedCondition extends LeadCondition {
  readonly segment?: OneOrMore<string>;
}

/** The agreed condition under which a lead of a persona is ready for sales. */
export interface LeadDefinition {
  /** Absent: for all leads whose persona has no definition of its own, and for those without a persona. */
  readonly persona?: OneOrMore<string>;
  readonly minScore?: number;
  /** This grade or a better one. */
  readonly minGrade?: Grade;
  /** This stage or a later one of the lead's persona. */
  readonly minStage?: string;
  readonly traits?: TraitCondition;
  /** All of these. */
  readonly triggers?: readonly RequiredTrigger[];
  /** Whoever matches one of these is never ready, whatever the score. */
  readonly disqualifiers?: readonly Disqualifier[];
}

export interface RequiredTrigger {
  /** Any of these. */
  readonly trigger: OneOrMore<string>;
  /** Without: ever. */
  readonly withinDays?: number;
}

export interface Disqualifier {
  readonly name: string;
  readonly when: LeadCondition;
}

/** `disqualify`: never a lead. `nurture`: stays with marketing. `hold`: waits until somebody decides. */
export const FILTER_OUTCOMES = ['disqualify', 'nurture', 'hold'] as const;

export interface LeadFilter {
  readonly name: string;
  readonly when: SegmentedCondition;
  readonly outcome: (typeof FILTER_OUTCOMES)[number];
}

export interface Segment {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly when: LeadCondition;
}

export const RECIPIENT_KINDS = ['rep', 'partner', 'distributor'] as const;
export const ROUTING_STRATEGIES = ['round_robin', 'least_loaded'] as const;
export type RoutingStrategy = (typeof ROUTING_STRATEGIES)[number];

export interface Routing {
  /** Default: `least_loaded`. */
  readonly strategy?: RoutingStrategy;
  /** A lead of an account that has an owner goes to the owner, before any rule. Default: true. */
  readonly accountOwnerFirst?: boolean;
  readonly territories?: readonly Territory[];
  readonly recipients: readonly Recipient[];
  /** Who decides on leads without receiving any: heads of sales, marketing operations. */
  readonly managers?: readonly Manager[];
  /** In order: the first that matches and has somebody free decides. Without rules all recipients are candidates. */
  readonly rules?: readonly RoutingRule[];
}

/** A lead is in each territory that has its country, or one of whose conditions its traits meet. */
export interface Territory {
  readonly id: string;
  readonly name: string;
  /** ISO 3166-1 alpha-2, compared with the trait `country`. */
  readonly countries?: readonly string[];
  readonly when?: readonly TraitCondition[];
}

/** Who receives leads: a salesperson, a partner or a distributor. */
export interface Recipient {
  /** As opportunities and sales touchpoints name them (`owner`, `rep`). */
  readonly id: string;
  readonly name: string;
  readonly kind: (typeof RECIPIENT_KINDS)[number];
  readonly email?: string;
  /** Default: the model's. */
  readonly timeZone?: string;
  /** Most open leads at a time; without: no limit. */
  readonly capacity?: number;
  /** Only leads of these personas; without: of all. */
  readonly personas?: readonly string[];
  /** Only leads of these territories; without: of all. */
  readonly territories?: readonly string[];
  readonly businessHours?: string;
  readonly outOfOffice?: readonly DayRange[];
}

export interface Manager {
  readonly id: string;
  readonly name: string;
}

/** Days of the recipient's time zone (YYYY-MM-DD), half-open: `to` is the day of return. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

export interface RoutingRule {
  readonly name: string;
  readonly when?: SegmentedCondition;
  readonly territory?: OneOrMore<string>;
  /** Candidates: these, or all of a kind; without both: all. */
  readonly recipients?: readonly string[];
  readonly kind?: OneOrMore<(typeof RECIPIENT_KINDS)[number]>;
  readonly strategy?: RoutingStrategy;
}

export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Hours in which the time of a service level runs. */
export interface BusinessHours {
  readonly id: string;
  readonly name?: string;
  /** Default: that of the recipient. */
  readonly timeZone?: string;
  /** A day without hours is none of work. */
  readonly week: Readonly<Partial<Record<Weekday, readonly HourRange[]>>>;
  readonly holidays?: readonly Holiday[];
}

/** HH:MM, half-open; `24:00` is the end of the day. */
export interface HourRange {
  readonly from: string;
  readonly to: string;
}

export interface Holiday {
  readonly date: string;
  readonly name?: string;
}

export interface ServiceLevel {
  readonly name: string;
  readonly when?: SegmentedCondition;
  /** From hand-off to the first sales activity; in business hours where they are named. */
  readonly dueWithinHours: number;
  /** Warns so long before. */
  readonly warnHoursBefore?: number;
  /** Absent: those of the recipient, else around the clock. */
  readonly businessHours?: string;
}

export interface NurtureRule {
  readonly name: string;
  readonly when: TouchCondition;
}

export const INVESTMENT_PERIODS = ['week', 'month', 'quarter', 'year'] as const;

/** The periods in which investments are reported. */
export interface InvestmentPeriods {
  readonly period: (typeof INVESTMENT_PERIODS)[number];
  /** Month in which the fiscal year begins, 1 to 12. Default: 1. */
  readonly fiscalYearStart?: number;
}
