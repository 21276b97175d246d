import { UUID_WORDS, UuidIndex } from './uuid-index.js';

/** Persona of a lead that has no profile. */
export const NO_PROFILE = -2;

const FIRST_ROWS = 256;

/** What happened to leads, in any order: the columns that touches and moves share. */
class DatedRows {
  count = 0;
  lead = new Int32Array(FIRST_ROWS);
  /** Microseconds. */
  at = new Float64Array(FIRST_ROWS);
  /** Ids of events, UUID_WORDS each: what comes first at one instant. */
  event = new Uint32Array(FIRST_ROWS * UUID_WORDS);

  /** Makes room for another row. @returns its number */
  protected next(): number {
    const row = this.count;
    if (row === this.lead.length) this.grow(row * 2);
    this.count += 1;
    return row;
  }

  protected grow(rows: number): void {
    this.lead = grown(this.lead, new Int32Array(rows));
    this.at = grown(this.at, new Float64Array(rows));
    this.event = grown(this.event, new Uint32Array(rows * UUID_WORDS));
  }

  /** The order of two rows in time. */
  compare(one: number, other: number): number {
    return (this.at[one] ?? 0) - (this.at[other] ?? 0) || compareIds(this.event, one, this.event, other);
  }
}

export class TouchRows extends DatedRows {
  month = new Int16Array(FIRST_ROWS);
  /** Numbers of the vocabulary. */
  content = new Int32Array(FIRST_ROWS);
  origin = new Int32Array(FIRST_ROWS);

  add(lead: number, at: number, month: number, content: number, origin: number): number {
    const row = this.next();
    this.lead[row] = lead;
    this.at[row] = at;
    this.month[row] = month;
    this.content[row] = content;
    this.origin[row] = origin;
    return row;
  }

  protected override grow(rows: number): void {
    super.grow(rows);
    this.month = grown(this.month, new Int16Array(rows));
    this.content = grown(this.content, new Int32Array(rows));
    this.origin = grown(this.origin, new Int32Array(rows));
  }
}

export class MoveRows extends DatedRows {
  /** The stage, a number of the vocabulary. */
  to = new Int32Array(FIRST_ROWS);

  add(lead: number, at: number, to: number): number {
    const row = this.next();
    this.lead[row] = lead;
    this.at[row] = at;
    this.to[row] = to;
    return row;
  }

  protected override grow(rows: number): void {
    super.grow(rows);
    this.to = grown(this.to, new Int32Array(rows));
  }
}

/** Leads with their personas, touches and moves between stages, as they were read. */
export class LeadRows {
  readonly leads = new UuidIndex();
  readonly touches = new TouchRows();
  readonly moves = new MoveRows();
  #persona = new Int32Array(FIRST_ROWS).fill(NO_PROFILE);

  setPersona(lead: number, persona: number): void {
    if (lead >= this.#persona.length)
      this.#persona = grown(
        this.#persona,
        new Int32Array(Math.max(lead + 1, this.#persona.length * 2)).fill(NO_PROFILE),
      );
    this.#persona[lead] = persona;
  }

  personaOf(lead: number): number {
    return this.#persona[lead] ?? NO_PROFILE;
  }

  /** About what it takes, and what it will when it is in order. */
  get bytes(): number {
    return this.touches.count * 66 + this.moves.count * 44 + this.leads.size * 100;
  }
}

/** Of two ids of events, which comes first. */
export function compareIds(one: Uint32Array, row: number, other: Uint32Array, otherRow: number): number {
  for (let word = 0; word < UUID_WORDS; word += 1) {
    const difference = (one[row * UUID_WORDS + word] ?? 0) - (other[otherRow * UUID_WORDS + word] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function grown<A extends { set: (from: A) => void }>(before: A, after: A): A {
  after.set(before);
  return after;
}
