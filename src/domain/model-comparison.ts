import { calendar, type Calendar } from './calendar.js';
import {
  areaUnderCurve,
  proportion,
  scoreDeciles,
  ScoreCounts,
  type Proportion,
  type ScoreDecile,
} from './calibration.js';
import { previewLead, type LeadHistory, type LeadOutcome } from './lead-preview.js';
import { DAY_MS, type JourneyModel } from './model/journey-model.js';

/** What about a lead may differ between two models. `qualification`: only one of them would have qualified it. */
export const CHANGES = ['persona', 'stage', 'grade', 'score', 'qualification'] as const;
export type Change = (typeof CHANGES)[number];

/** A lead that comes out otherwise. */
export interface ChangedLead {
  readonly leadId: string;
  readonly email: string | null;
  readonly changes: readonly Change[];
  readonly current: LeadOutcome;
  readonly candidate: LeadOutcome;
}

/** How a model would have done. */
export interface ModelOutcome {
  readonly qualifiedLeads: number;
  /** On average in the weeks of the comparison. */
  readonly qualifiedPerWeek: number;
  /** Of the qualified leads, those with an opportunity that was won: the win rate of qualified leads. */
  readonly precision: Proportion;
  /** Of the leads with an opportunity that was won, those that were qualified before it was opened. */
  readonly recall: Proportion;
  /** How well the highest score tells winners from others; null: there are none of one sort. */
  readonly areaUnderCurve: number | null;
  readonly deciles: readonly ScoreDecile[];
}

export interface WeekOfQualified {
  /** Its Monday, in the time zone of the current model. */
  readonly week: string;
  readonly current: number;
  readonly candidate: number;
}

export interface ComparisonResult {
  readonly leads: number;
  readonly touchpoints: number;
  /** Leads with a known key: win rates are about them. */
  readonly knownLeads: number;
  /** Of them with an opportunity that was won. */
  readonly wonLeads: number;
  readonly changedLeads: number;
  readonly changes: Readonly<Record<Change, number>>;
  /** Leads that only the candidate would have qualified, and only the current model. */
  readonly qualificationGained: number;
  readonly qualificationLost: number;
  readonly current: ModelOutcome;
  readonly candidate: ModelOutcome;
  /** In order, without gaps; the last one is that of the end of the history. */
  readonly weeks: readonly WeekOfQualified[];
}

interface ComparisonOptions {
  /** The end of the history, ms. */
  readonly at: number;
  /** How many weeks up to there are told one by one. */
  readonly weeks: number;
}

/** Compares what two models make of leads, one lead after the other: it keeps counts by score and week. */
export class ModelComparison {
  readonly #current: Tally;
  readonly #candidate: Tally;
  readonly #changes: Record<Change, number> = { persona: 0, stage: 0, grade: 0, score: 0, qualification: 0 };
  #leads = 0;
  #touchpoints = 0;
  #known = 0;
  #won = 0;
  #changed = 0;
  #gained = 0;
  #lost = 0;

  constructor(
    private readonly models: { readonly current: JourneyModel; readonly candidate: JourneyModel },
    private readonly options: ComparisonOptions,
  ) {
    const dates = calendar(models.current.timeZone);
    this.#current = new Tally(dates);
    this.#candidate = new Tally(dates);
  }

  get touchpoints(): number {
    return this.#touchpoints;
  }

  /** @returns the lead, if it comes out otherwise */
  add(lead: LeadHistory): ChangedLead | undefined {
    const { at } = this.options;
    const current = previewLead(this.models.current, lead, at);
    const candidate = previewLead(this.models.candidate, lead, at);
    this.#leads += 1;
    this.#touchpoints += lead.touches.length;
    if (lead.knownAt !== null) {
      this.#known += 1;
      if (lead.won) this.#won += 1;
      this.#current.add(current, lead.won);
      this.#candidate.add(candidate, lead.won);
    }
    return this.#compare(lead, current, candidate);
  }

  #compare(
    { leadId, email }: LeadHistory,
    current: LeadOutcome,
    candidate: LeadOutcome,
  ): ChangedLead | undefined {
    const changes = CHANGES.filter((each) => differs[each](current, candidate));
    if (changes.length === 0) return undefined;
    this.#changed += 1;
    for (const each of changes) this.#changes[each] += 1;
    if (changes.includes('qualification')) {
      if (candidate.qualifiedAt === null) this.#lost += 1;
      else this.#gained += 1;
    }
    return { leadId, email, changes, current, candidate };
  }

  result(): ComparisonResult {
    const last = calendar(this.models.current.timeZone).week(this.options.at);
    const weeks = Array.from({ length: this.options.weeks }, (_, nth) => last - this.options.weeks + 1 + nth);
    return {
      leads: this.#leads,
      touchpoints: this.#touchpoints,
      knownLeads: this.#known,
      wonLeads: this.#won,
      changedLeads: this.#changed,
      changes: { ...this.#changes },
      qualificationGained: this.#gained,
      qualificationLost: this.#lost,
      current: this.#current.outcome(weeks, this.#won),
      candidate: this.#candidate.outcome(weeks, this.#won),
      weeks: weeks.map((week) => ({
        week: mondayOf(week),
        current: this.#current.qualifiedIn(week),
        candidate: this.#candidate.qualifiedIn(week),
      })),
    };
  }
}

const differs: Readonly<Record<Change, (a: LeadOutcome, b: LeadOutcome) => boolean>> = {
  persona: (a, b) => a.persona !== b.persona,
  stage: (a, b) => a.stage !== b.stage,
  grade: (a, b) => a.grade !== b.grade,
  score: (a, b) => a.score !== b.score,
  qualification: (a, b) => (a.qualifiedAt === null) !== (b.qualifiedAt === null),
};

/** Weeks are counted from the one of 1970-01-01, a Thursday. */
const mondayOf = (week: number): string => new Date((week * 7 - 3) * DAY_MS).toISOString().slice(0, 10);

/** What one model makes of known leads. */
class Tally {
  readonly #scores = new ScoreCounts();
  readonly #weeks = new Map<number, number>();
  #qualified = 0;
  #qualifiedWon = 0;

  constructor(private readonly dates: Calendar) {}

  add({ highestScore, qualifiedAt }: LeadOutcome, won: boolean): void {
    this.#scores.add({ score: Math.round(highestScore * 100) / 100, success: won });
    if (qualifiedAt === null) return;
    this.#qualified += 1;
    if (won) this.#qualifiedWon += 1;
    const week = this.dates.week(qualifiedAt);
    this.#weeks.set(week, this.qualifiedIn(week) + 1);
  }

  qualifiedIn(week: number): number {
    return this.#weeks.get(week) ?? 0;
  }

  outcome(weeks: readonly number[], won: number): ModelOutcome {
    const groups = this.#scores.groups();
    const inWeeks = weeks.reduce((sum, week) => sum + this.qualifiedIn(week), 0);
    return {
      qualifiedLeads: this.#qualified,
      qualifiedPerWeek: inWeeks / weeks.length,
      precision: proportion(this.#qualifiedWon, this.#qualified),
      recall: proportion(this.#qualifiedWon, won),
      areaUnderCurve: areaUnderCurve(groups),
      deciles: scoreDeciles(groups),
    };
  }
}
