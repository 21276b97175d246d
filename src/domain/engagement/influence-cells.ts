import { ExactSum } from './exact-sum.js';
import type { InfluenceCut } from './influence-selection.js';
import { PairIndex } from './pair-index.js';
import { type CodedRow, compareRows, lastTitle } from './report-rows.js';
import { Strata } from './strata.js';
import { NONE, type Vocabulary } from './vocabulary.js';

export interface InfluenceRow extends CodedRow {
  /** Times that a lead touched the content in a stage and month, with others that did not to compare it to. */
  readonly compared: number;
  /** Of these, those that advanced in time. */
  readonly advanced: number;
  /** How many of `compared` would have advanced, had they done so as often as those that did not touch it. */
  readonly expected: number;
}

/** What is counted in some numbered things, 0 at first. */
class Counts {
  readonly #counts: number[] = [];
  of(index: number): number {
    return this.#counts[index] ?? 0;
  }
  set(index: number, count: number): void {
    // Without holes, which make arrays slow.
    while (this.#counts.length < index) this.#counts.push(0);
    this.#counts[index] = count;
  }
  add(index: number): void {
    this.set(index, this.of(index) + 1);
  }
}

/** Units and touches of contents in cells of content, persona, segment, stage and month, and the rows of a report over them. */
export class InfluenceCells {
  readonly #strata = new Strata();
  /** By stratum: units, and those that advanced after their first touch. */
  readonly #units = new Counts();
  readonly #unitsAdvanced = new Counts();
  /** Of a content and a stratum. */
  readonly #cells = new PairIndex();
  readonly #exposed = new Counts();
  readonly #advanced = new Counts();
  readonly #advancedFromFirst = new Counts();
  /** The last unit that touched the content. */
  readonly #lastUnit = new Counts();
  /** Of a content and the cuts of the report. */
  readonly #rowStrata = new Strata();
  readonly #rows = new PairIndex();
  readonly #rowOfCell: number[] = [];
  readonly #leads = new Counts();
  readonly #lastLead = new Counts();
  readonly #titles: number[] = [];
  #lead = 0;
  #unit = 0;
  #stratum = 0;
  /** When the unit advances, by the time that it is followed from. */
  #advancedAt = Infinity;
  #advancedFromFirstTouch = false;

  /** @param within microseconds in which a unit has to advance */
  constructor(
    private readonly by: readonly InfluenceCut[],
    private readonly within: number,
  ) {}

  /** @returns the people that it is compared with */
  beginLead(persona: number, segment: number): number {
    this.#lead += 1;
    return this.#strata.peopleOf(persona, segment);
  }

  /** @param people as beginLead returned them */
  stratumOf(people: number, stage: number, month: number): number {
    return this.#strata.indexOf(people, stage, month);
  }

  beginUnit(stratum: number, at: number, advancedAt: number): void {
    this.#unit += 1;
    this.#stratum = stratum;
    this.#advancedAt = advancedAt;
    this.#advancedFromFirstTouch = advancedAt <= at + this.within;
    this.#units.add(stratum);
    if (this.#advancedFromFirstTouch) this.#unitsAdvanced.add(stratum);
  }

  /** A touch of a content in the unit. */
  touch(content: number, title: number, at: number, vocabulary: Vocabulary): void {
    const cell = this.#cells.indexOf(content, this.#stratum);
    if (cell === this.#rowOfCell.length) this.#rowOfCell.push(this.#rowOf(content, title));
    const row = this.#rowOfCell[cell] ?? 0;
    const before = this.#titles[row] ?? NONE;
    if (before !== title) this.#titles[row] = lastTitle(before, title, vocabulary);
    if (this.#lastUnit.of(cell) === this.#unit) return;
    this.#lastUnit.set(cell, this.#unit);
    this.#exposed.add(cell);
    if (this.#advancedAt <= at + this.within) this.#advanced.add(cell);
    if (this.#advancedFromFirstTouch) this.#advancedFromFirst.add(cell);
    if (this.#lastLead.of(row) === this.#lead) return;
    this.#lastLead.set(row, this.#lead);
    this.#leads.add(row);
  }

  /** In the order of the report. */
  rows(vocabulary: Vocabulary): InfluenceRow[] {
    const sums = this.#rows.firsts.map(() => ({ compared: 0, advanced: 0, expected: new ExactSum() }));
    for (const [cell, row] of this.#rowOfCell.entries()) {
      const stratum = this.#cells.seconds[cell] ?? 0;
      const exposed = this.#exposed.of(cell);
      const others = this.#units.of(stratum) - exposed;
      const sum = sums[row];
      if (others <= 0 || !sum) continue;
      const othersAdvanced = this.#unitsAdvanced.of(stratum) - this.#advancedFromFirst.of(cell);
      sum.compared += exposed;
      sum.advanced += this.#advanced.of(cell);
      sum.expected.addQuotient(exposed * othersAdvanced, others);
    }
    const rows = sums.map(({ compared, advanced, expected }, row) => ({
      codes: this.by.map((cut) => this.#codeOf(row, cut)),
      title: this.#titles[row] ?? NONE,
      size: this.#leads.of(row),
      ...{ compared, advanced, expected: expected.value },
    }));
    return rows.sort(compareRows({ by: this.by, absent: 'first' }, vocabulary));
  }

  #rowOf(content: number, title: number): number {
    const { by } = this;
    const [strata, stratum] = [this.#strata, this.#stratum];
    const people = this.#rowStrata.peopleOf(
      by.includes('persona') ? strata.personaOf(stratum) : NONE,
      by.includes('segment') ? strata.segmentOf(stratum) : NONE,
    );
    const stage = by.includes('stage') ? strata.stageOf(stratum) : NONE;
    const month = by.includes('month') ? strata.monthOf(stratum) : NONE;
    const row = this.#rows.indexOf(content, this.#rowStrata.indexOf(people, stage, month));
    if (row === this.#titles.length) this.#titles.push(title);
    return row;
  }

  #codeOf(row: number, cut: InfluenceCut): number {
    const stratum = this.#rows.seconds[row] ?? 0;
    if (cut === 'content') return this.#rows.firsts[row] ?? NONE;
    if (cut === 'persona') return this.#rowStrata.personaOf(stratum);
    if (cut === 'segment') return this.#rowStrata.segmentOf(stratum);
    if (cut === 'stage') return this.#rowStrata.stageOf(stratum);
    return this.#rowStrata.monthOf(stratum);
  }
}
