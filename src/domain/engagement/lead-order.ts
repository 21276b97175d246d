import { compareIds, type LeadRows, type MoveRows, type TouchRows } from './lead-rows.js';

/** Rows in the order of leads, and of a lead in the order of time. */
export interface LeadOrder {
  /** Of a lead the first of its rows in `rows`; at the end their number. */
  readonly starts: Int32Array;
  readonly rows: Int32Array;
}

/** Rows that come in about the order of time are sorted by insertion. */
const FEW = 16;

type Compare = (one: number, other: number) => number;

/** Touches and moves of leads in order, with the moves before each touch. */
export interface OrderedLeads {
  readonly touches: LeadOrder;
  readonly moves: LeadOrder;
  /** By row of a touch: moves of its lead that lie before it. */
  readonly movesBefore: Int32Array;
  /** By row of a touch: 1 if it causes the next move of its lead. */
  readonly causes: Uint8Array;
}

/**
 * Counts the rows of each lead and puts them where they belong: four passes over the columns, where to sort a million rows by lead
 * takes PostgreSQL a second.
 */
export function inOrder({ leads, touches, moves }: LeadRows): OrderedLeads {
  const orderedMoves = byLead(moves, leads.size);
  sortEach(orderedMoves, (one, other) => moves.compare(one, other));
  const orderedTouches = byLead(touches, leads.size);
  sortEach(orderedTouches, (one, other) => touches.compare(one, other));
  const found = countMoves(touches, orderedTouches, moves, orderedMoves);
  // A day may come twice when clocks are set back over midnight: touches of one month lie together.
  sortEach(orderedTouches, (one, other) => unitOf(one) - unitOf(other) || touches.compare(one, other));
  function unitOf(row: number): number {
    const moved = (found.movesBefore[row] ?? 0) + (found.causes[row] ?? 0);
    return moved * 0x10000 + (touches.month[row] ?? 0);
  }
  return { touches: orderedTouches, moves: orderedMoves, ...found };
}

function byLead({ lead, count }: TouchRows | MoveRows, leads: number): LeadOrder {
  const starts = new Int32Array(leads + 1);
  for (let row = 0; row < count; row += 1) {
    const next = (lead[row] ?? 0) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let nr = 0; nr < leads; nr += 1) starts[nr + 1] = (starts[nr + 1] ?? 0) + (starts[nr] ?? 0);
  const rows = new Int32Array(count);
  const next = starts.slice();
  for (let row = 0; row < count; row += 1) {
    const of = lead[row] ?? 0;
    const place = next[of] ?? 0;
    rows[place] = row;
    next[of] = place + 1;
  }
  return { starts, rows };
}

function sortEach({ starts, rows }: LeadOrder, compare: Compare): void {
  for (let lead = 0; lead + 1 < starts.length; lead += 1)
    sortRange(rows, starts[lead] ?? 0, starts[lead + 1] ?? 0, compare);
}

function sortRange(rows: Int32Array, from: number, to: number, compare: Compare): void {
  let sorted = from + 1;
  while (sorted < to && compare(rows[sorted - 1] ?? 0, rows[sorted] ?? 0) <= 0) sorted += 1;
  if (sorted >= to) return;
  if (to - from > FEW) {
    rows.subarray(from, to).sort(compare);
    return;
  }
  for (; sorted < to; sorted += 1) {
    const row = rows[sorted] ?? 0;
    let place = sorted;
    for (; place > from && compare(rows[place - 1] ?? 0, row) > 0; place -= 1)
      rows[place] = rows[place - 1] ?? 0;
    rows[place] = row;
  }
}

/** Of moves at the instant of a touch the id of their events decides, and a touch comes behind the move that it causes. */
function countMoves(
  touches: TouchRows,
  { starts, rows }: LeadOrder,
  moves: MoveRows,
  order: LeadOrder,
): Pick<OrderedLeads, 'movesBefore' | 'causes'> {
  const movesBefore = new Int32Array(touches.count);
  const causes = new Uint8Array(touches.count);
  for (let lead = 0; lead + 1 < starts.length; lead += 1) {
    const first = order.starts[lead] ?? 0;
    const end = order.starts[lead + 1] ?? 0;
    if (first === end) continue;
    let next = first;
    for (let place = starts[lead] ?? 0; place < (starts[lead + 1] ?? 0); place += 1) {
      const touch = rows[place] ?? 0;
      let difference = 1;
      while (next < end && (difference = compareWith(moves, order.rows[next] ?? 0, touches, touch)) < 0)
        next += 1;
      movesBefore[touch] = next - first;
      if (next < end && difference === 0) causes[touch] = 1;
    }
  }
  return { movesBefore, causes };
}

const compareWith = (moves: MoveRows, move: number, touches: TouchRows, touch: number): number =>
  (moves.at[move] ?? 0) - (touches.at[touch] ?? 0) || compareIds(moves.event, move, touches.event, touch);
