import type { BuyerHistory } from './buyer-history.js';
import type { LeadSegments } from './lead-segments.js';
import { PairIndex } from './pair-index.js';
import { type CodedRow, compareRows, lastTitle } from './report-rows.js';
import { Strata } from './strata.js';
import { engagingOrigins, stageAfter, type TouchSelection, visitLeads } from './touch-selection.js';
import { NONE, type Vocabulary } from './vocabulary.js';

/** What may have hooked a buyer; a report is cut by one of them. */
export const HOOKS = ['content', 'offer', 'channel', 'source', 'campaign'] as const;
export type Hook = (typeof HOOKS)[number];
export const HOOK_CUTS = [...HOOKS, 'persona', 'segment', 'stage', 'month'] as const;
export type HookCut = (typeof HOOK_CUTS)[number];

export interface HookSelection extends TouchSelection {
  readonly by: readonly HookCut[];
  /** Types of contents that the catalogue knows better than their touches, by id. */
  readonly offers: ReadonlyMap<string, string>;
  /** Given, each lead counts only in the first segment of this order that it is in. */
  readonly segmentOrder?: readonly string[] | undefined;
}

export interface HookRow extends CodedRow {
  readonly touches: number;
}

/** Of a touch that has no hook, and does not count. */
const WITHOUT = -2;

/** Leads that engaged, by what hooked them: each counts once in a cell. */
export class HookCounts {
  readonly #strata = new Strata();
  /** Of a hook and a stratum. */
  readonly #cells = new PairIndex();
  readonly #buyers: number[] = [];
  readonly #touches: number[] = [];
  readonly #titles: number[] = [];
  /** The last lead that was counted in a cell. */
  readonly #lastLead: number[] = [];
  #leads = 0;
  readonly #hook: Hook | undefined;

  constructor(private readonly selection: HookSelection) {
    this.#hook = HOOKS.find((hook) => selection.by.includes(hook));
  }

  /** Counts leads that were not counted before, with the vocabulary of those. */
  add(history: BuyerHistory, segments: LeadSegments): void {
    const { by, stage, persona, segment, segmentOrder } = this.selection;
    const byStage = by.includes('stage') || stage !== undefined;
    const byPersona = by.includes('persona');
    const bySegment = by.includes('segment');
    const needsProfile = byStage || byPersona || persona !== undefined;
    const count = this.#counter(history);
    const selection = { persona, segment, needsProfile, bySegment, segmentOrder };
    visitLeads(history, segments, selection, (lead, ofSegment) => {
      this.#leads += 1;
      count(lead, this.#strata.peopleOf(byPersona ? (history.persona[lead] ?? NONE) : NONE, ofSegment));
    });
  }

  /** The cells in the order of the report. */
  rows(vocabulary: Vocabulary): HookRow[] {
    const { by } = this.selection;
    const rows = this.#buyers.map((size, cell) => ({
      codes: by.map((cut) => this.#codeOf(cell, cut)),
      title: this.#titles[cell] ?? NONE,
      size,
      touches: this.#touches[cell] ?? 0,
    }));
    return rows.sort(compareRows({ by, absent: 'last' }, vocabulary));
  }

  /** Counts the touches of one lead. */
  #counter(history: BuyerHistory): (lead: number, people: number) => void {
    const { by, stage, from, to, kinds } = this.selection;
    const { vocabulary, at, origin, content, month, movesBefore } = history;
    const engages = engagingOrigins(history, kinds);
    const hookOf = this.#hooks(vocabulary);
    const hookedBy = isOfOrigin(this.#hook) ? origin : content;
    const titles = this.#hook === 'content' ? vocabulary.contents.title : [];
    const [byStage, byMonth] = [by.includes('stage'), by.includes('month')];
    const inStage = stage === undefined ? undefined : vocabulary.codeOf(stage);
    const [begin, end] = [from ?? -Infinity, to ?? Infinity];
    return (lead, people) => {
      const last = history.endOfTouches[lead] ?? 0;
      for (let touch = history.firstTouch[lead] ?? 0; touch < last; touch += 1) {
        const when = at[touch] ?? 0;
        if (when < begin || when >= end || !engages[origin[touch] ?? 0]) continue;
        const hook = hookOf === undefined ? NONE : (hookOf[hookedBy[touch] ?? 0] ?? WITHOUT);
        if (hook === WITHOUT) continue;
        const own =
          byStage || inStage !== undefined ? stageAfter(history, lead, movesBefore[touch] ?? 0) : NONE;
        if (inStage !== undefined && own !== inStage) continue;
        const stratum = this.#strata.indexOf(
          people,
          byStage ? own : NONE,
          byMonth ? (month[touch] ?? 0) : NONE,
        );
        this.#count(this.#cells.indexOf(hook, stratum), titles[content[touch] ?? 0] ?? NONE, vocabulary);
      }
    };
  }

  #count(cell: number, title: number, vocabulary: Vocabulary): void {
    if (cell === this.#buyers.length) {
      this.#buyers.push(0);
      this.#touches.push(0);
      this.#lastLead.push(0);
      this.#titles.push(title);
    }
    if (this.#lastLead[cell] !== this.#leads) {
      this.#lastLead[cell] = this.#leads;
      this.#buyers[cell] = (this.#buyers[cell] ?? 0) + 1;
    }
    this.#touches[cell] = (this.#touches[cell] ?? 0) + 1;
    const before = this.#titles[cell] ?? NONE;
    if (before !== title) this.#titles[cell] = lastTitle(before, title, vocabulary);
  }

  /** By number of a content or an origin: the hook, WITHOUT if there is none that counts; undefined: the report has no hook. */
  #hooks(vocabulary: Vocabulary): readonly number[] | undefined {
    const { contents, origins } = vocabulary;
    const hook = this.#hook;
    if (hook === undefined) return undefined;
    if (hook === 'content') return contents.id.map((id) => (id === NONE ? WITHOUT : id));
    if (hook === 'offer')
      return contents.type.map((type, nr) => this.#offerOf(vocabulary, contents.id[nr] ?? NONE, type));
    return origins[hook].map((code, nr) => (origins.inherited[nr] ? WITHOUT : code));
  }

  #offerOf(vocabulary: Vocabulary, content: number, type: number): number {
    const catalogued =
      content === NONE ? undefined : this.selection.offers.get(vocabulary.textOf(content) ?? '');
    if (catalogued !== undefined) return vocabulary.encode(catalogued);
    return type === NONE ? WITHOUT : type;
  }

  #codeOf(cell: number, cut: HookCut): number {
    const stratum = this.#cells.seconds[cell] ?? 0;
    if (cut === 'persona') return this.#strata.personaOf(stratum);
    if (cut === 'segment') return this.#strata.segmentOf(stratum);
    if (cut === 'stage') return this.#strata.stageOf(stratum);
    if (cut === 'month') return this.#strata.monthOf(stratum);
    return this.#cells.firsts[cell] ?? NONE;
  }
}

const isOfOrigin = (hook: Hook | undefined): boolean =>
  hook === 'channel' || hook === 'source' || hook === 'campaign';
