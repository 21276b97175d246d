import { inOrder, type LeadOrder } from './lead-order.js';
import { grown, type LeadRows, NO_PROFILE } from './lead-rows.js';
import { UUID_WORDS, UuidIndex } from './uuid-index.js';
import type { Vocabulary } from './vocabulary.js';

const FIRST_ROWS = 64;
/** Replaced rows are left behind until they are more than those that count, and more than this. */
const MOST_LEFT_BEHIND = 100_000;

/**
 * What leads of a workspace did and where they were, in columns: of each lead its touches and its moves between buying stages, next to
 * each other and in the order of time. Leads have numbers; there is no name or address in it.
 */
export class BuyerHistory {
  /** Of leads. */
  readonly #ids = new UuidIndex();
  persona = new Int32Array(FIRST_ROWS);
  firstTouch = new Int32Array(FIRST_ROWS);
  endOfTouches = new Int32Array(FIRST_ROWS);
  firstMove = new Int32Array(FIRST_ROWS);
  endOfMoves = new Int32Array(FIRST_ROWS);

  /** Of touches: microseconds, months since year 0, numbers of the vocabulary. */
  at = new Float64Array(FIRST_ROWS);
  month = new Int16Array(FIRST_ROWS);
  content = new Int32Array(FIRST_ROWS);
  origin = new Int32Array(FIRST_ROWS);
  /** Moves of the lead that lie before the touch. */
  movesBefore = new Int32Array(FIRST_ROWS);
  /** 1: the touch causes the next move of its lead. */
  causes = new Uint8Array(FIRST_ROWS);

  /** Of moves. */
  movedAt = new Float64Array(FIRST_ROWS);
  movedTo = new Int32Array(FIRST_ROWS);

  #touches = 0;
  #moves = 0;
  #leftBehind = 0;

  constructor(readonly vocabulary: Vocabulary) {}

  get leads(): number {
    return this.#ids.size;
  }

  /** Rows that were replaced take more room than those that count. */
  get isSparse(): boolean {
    return this.#leftBehind > MOST_LEFT_BEHIND && this.#leftBehind * 2 > this.#touches + this.#moves;
  }

  /** What the columns take; the vocabulary comes on top. */
  get bytes(): number {
    const columns = [this.persona, this.firstTouch, this.endOfTouches, this.firstMove, this.endOfMoves];
    const touches = [this.at, this.month, this.content, this.origin, this.movesBefore, this.causes];
    return [...columns, ...touches, this.movedAt, this.movedTo].reduce(
      (sum, { byteLength }) => sum + byteLength,
      this.#ids.bytes,
    );
  }

  /** The number of the lead with this id in four words. */
  leadOf(a: number, b: number, c: number, d: number): number {
    const lead = this.#ids.indexOf(a, b, c, d);
    if (lead >= this.persona.length) this.#growLeads(Math.max(lead + 1, this.persona.length * 2));
    return lead;
  }

  /** Takes what is known of a lead away. */
  clear(lead: number): void {
    const touches = (this.endOfTouches[lead] ?? 0) - (this.firstTouch[lead] ?? 0);
    this.#leftBehind += touches + (this.endOfMoves[lead] ?? 0) - (this.firstMove[lead] ?? 0);
    this.persona[lead] = NO_PROFILE;
    this.firstTouch[lead] = this.endOfTouches[lead] = 0;
    this.firstMove[lead] = this.endOfMoves[lead] = 0;
  }

  /** Adds leads of which nothing is known, with everything that happened to them. */
  add(rows: LeadRows): void {
    const { touches, moves, movesBefore, causes } = inOrder(rows);
    this.#addLeads(rows, touches, moves);
    this.#growTouches(this.#touches + touches.rows.length);
    copy(touches.rows, rows.touches.at, this.at, this.#touches);
    copy(touches.rows, rows.touches.month, this.month, this.#touches);
    copy(touches.rows, rows.touches.content, this.content, this.#touches);
    copy(touches.rows, rows.touches.origin, this.origin, this.#touches);
    copy(touches.rows, movesBefore, this.movesBefore, this.#touches);
    copy(touches.rows, causes, this.causes, this.#touches);
    this.#touches += touches.rows.length;
    this.#growMoves(this.#moves + moves.rows.length);
    copy(moves.rows, rows.moves.at, this.movedAt, this.#moves);
    copy(moves.rows, rows.moves.to, this.movedTo, this.#moves);
    this.#moves += moves.rows.length;
  }

  #addLeads(rows: LeadRows, touches: LeadOrder, moves: LeadOrder): void {
    const { words, size } = rows.leads;
    for (let nr = 0; nr < size; nr += 1) {
      const word = nr * UUID_WORDS;
      const lead = this.leadOf(
        words[word] ?? 0,
        words[word + 1] ?? 0,
        words[word + 2] ?? 0,
        words[word + 3] ?? 0,
      );
      this.persona[lead] = rows.personaOf(nr);
      this.firstTouch[lead] = this.#touches + (touches.starts[nr] ?? 0);
      this.endOfTouches[lead] = this.#touches + (touches.starts[nr + 1] ?? 0);
      this.firstMove[lead] = this.#moves + (moves.starts[nr] ?? 0);
      this.endOfMoves[lead] = this.#moves + (moves.starts[nr + 1] ?? 0);
    }
  }

  #growLeads(leads: number): void {
    this.persona = grown(this.persona, new Int32Array(leads).fill(NO_PROFILE));
    this.firstTouch = grown(this.firstTouch, new Int32Array(leads));
    this.endOfTouches = grown(this.endOfTouches, new Int32Array(leads));
    this.firstMove = grown(this.firstMove, new Int32Array(leads));
    this.endOfMoves = grown(this.endOfMoves, new Int32Array(leads));
  }

  #growTouches(needed: number): void {
    if (needed <= this.at.length) return;
    const rows = roomFor(needed, this.at.length);
    this.at = grown(this.at, new Float64Array(rows));
    this.month = grown(this.month, new Int16Array(rows));
    this.content = grown(this.content, new Int32Array(rows));
    this.origin = grown(this.origin, new Int32Array(rows));
    this.movesBefore = grown(this.movesBefore, new Int32Array(rows));
    this.causes = grown(this.causes, new Uint8Array(rows));
  }

  #growMoves(needed: number): void {
    if (needed <= this.movedAt.length) return;
    const rows = roomFor(needed, this.movedAt.length);
    this.movedAt = grown(this.movedAt, new Float64Array(rows));
    this.movedTo = grown(this.movedTo, new Int32Array(rows));
  }
}

/** A quarter more than is needed, so that what is added later is not copied each time. */
const roomFor = (needed: number, room: number): number => Math.max(Math.ceil(needed * 1.25), room);

type Column = Float64Array | Int32Array | Int16Array | Uint8Array;

function copy(rows: Int32Array, from: Column, to: Column, start: number): void {
  for (let place = 0; place < rows.length; place += 1) to[start + place] = from[rows[place] ?? 0] ?? 0;
}
