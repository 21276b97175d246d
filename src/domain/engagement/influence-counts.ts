import type { BuyerHistory } from './buyer-history.js';
import type { InfluenceSelection } from './influence-selection.js';
import type { LeadSegments } from './lead-segments.js';
import { InfluenceCells, type InfluenceRow } from './influence-cells.js';
import { engagingOrigins, stageAfter, visitLeads } from './touch-selection.js';
import { NONE, type Vocabulary } from './vocabulary.js';

/**
 * A unit is a lead in one buying stage in one month in which it engaged: one that came back to a stage has several. One that touched a
 * content is followed from that touch on; it is compared with the units of the same persona, stage and month without the content, followed
 * from their first touch on. What is summed up over the cells of persona, stage and month is thus standardised to the leads that
 * touched it. Cut by segment, leads are compared with those of the same segment.
 */
export class InfluenceCounts {
  private readonly cells: InfluenceCells;

  constructor(private readonly selection: InfluenceSelection) {
    this.cells = new InfluenceCells(selection.by, selection.within);
  }

  /** Counts leads that were not counted before, with the vocabulary of those. */
  add(history: BuyerHistory, segments: LeadSegments): void {
    const { by, persona, segment } = this.selection;
    const bySegment = by.includes('segment');
    const follow = this.#follower(history);
    visitLeads(history, segments, { persona, segment, needsProfile: true, bySegment }, (lead, ofSegment) => {
      follow(lead, this.cells.beginLead(history.persona[lead] ?? NONE, ofSegment));
    });
  }

  /** In the order of the report. */
  rows(vocabulary: Vocabulary): InfluenceRow[] {
    return this.cells.rows(vocabulary);
  }

  /** Follows one lead through its units: runs of touches with the same moves before them, in one month. */
  #follower(history: BuyerHistory): (lead: number, people: number) => void {
    const { kinds, until, stage } = this.selection;
    const { vocabulary, at, month, content, origin, movesBefore, causes } = history;
    const engages = engagingOrigins(history, kinds);
    const { id, title } = vocabulary.contents;
    const inStage = stage === undefined ? undefined : vocabulary.codeOf(stage);
    const [begin, end] = [this.selection.from ?? -Infinity, this.selection.to ?? Infinity];
    const advances = new Advances(history, this.selection);
    return (lead, people) => {
      const last = history.endOfTouches[lead] ?? 0;
      const { cells } = this;
      let [unitMoves, unitMonth, isCounted] = [-1, 0, false];
      for (let touch = history.firstTouch[lead] ?? 0; touch < last; touch += 1) {
        const when = at[touch] ?? 0;
        if (when < begin || when >= end || when > until || !engages[origin[touch] ?? 0]) continue;
        const moves = (movesBefore[touch] ?? 0) + (causes[touch] ?? 0);
        const ofMonth = month[touch] ?? 0;
        if (moves !== unitMoves || ofMonth !== unitMonth) {
          const own = stageAfter(history, lead, moves);
          isCounted = inStage === undefined || own === inStage;
          unitMoves = moves;
          unitMonth = ofMonth;
          if (isCounted)
            cells.beginUnit(cells.stratumOf(people, own, ofMonth), when, advances.after(lead, moves, own));
        }
        const touched = id[content[touch] ?? 0] ?? NONE;
        if (isCounted && touched !== NONE)
          cells.touch(touched, title[content[touch] ?? 0] ?? NONE, when, vocabulary);
      }
    };
  }
}

/** When leads moved on to a later stage of the process of their persona. */
class Advances {
  /** By persona and stage, numbers of the vocabulary: the place of the stage in the process, undefined if it is none of it. */
  readonly #places = new Map<number, Map<number, number>>();

  constructor(
    private readonly history: BuyerHistory,
    private readonly selection: InfluenceSelection,
  ) {}

  /** The instant of the next move if it leads on, else Infinity. The first move of all does. */
  after(lead: number, moves: number, stage: number): number {
    const { firstMove, endOfMoves, movedAt, movedTo } = this.history;
    const next = (firstMove[lead] ?? 0) + moves;
    if (next >= (endOfMoves[lead] ?? 0)) return Infinity;
    const places = this.#placesOf(this.history.persona[lead] ?? NONE);
    const leadsOn = moves === 0 || isLater(places.get(movedTo[next] ?? NONE), places.get(stage));
    return leadsOn ? (movedAt[next] ?? Infinity) : Infinity;
  }

  #placesOf(persona: number): Map<number, number> {
    const known = this.#places.get(persona);
    if (known) return known;
    const { vocabulary } = this.history;
    const own = vocabulary.textOf(persona);
    const { processes, process } = this.selection;
    const stages = (own === null ? undefined : processes.get(own)) ?? process;
    const places = new Map(
      stages.map((stage, place) => [vocabulary.codeOf(stage), place] as const).reverse(),
    );
    this.#places.set(persona, places);
    return places;
  }
}

const isLater = (place: number | undefined, than: number | undefined): boolean =>
  place !== undefined && than !== undefined && place > than;
