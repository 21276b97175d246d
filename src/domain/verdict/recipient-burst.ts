/** A click as a slot keeps it; plain JSON. */
interface SlotClick {
  readonly id: string;
  /** What its mail group is found by. */
  readonly group: string;
}

/**
 * Clicks of one mail by the recipients of one company in one slot of time. Once so many recipients are in it, or so many clicks
 * of one of them, it is a burst for good and keeps nothing else. Plain JSON.
 */
export type Slot = { readonly clicks: Readonly<Record<string, readonly SlotClick[]>> } | 'burst';

export const NO_CLICKS: Slot = { clicks: {} };

const SLOT_MS = 6_000;
/** Colleagues click the same mail within hours, a gateway for all of them within seconds. */
const RECIPIENTS = 5;
/** … and nobody clicks more often within one slot: what a slot keeps is bounded, whatever mails the clicks are of. */
const MOST_OF_ONE = 50;

/** The slots that a time lies in: each overlaps with the next by half, so that few bursts are cut in two. */
export const slotsOf = (at: number): readonly [number, number] => {
  const nth = Math.floor(at / (SLOT_MS / 2));
  return [nth - 1, nth];
};

/**
 * A slot with one more click.
 *
 * @returns the slot, and the clicks that are part of a burst now and were not before; the new one is not among them
 */
export function addToSlot(
  slot: Slot,
  recipient: string,
  click: SlotClick,
): { readonly slot: Slot; readonly burst: readonly SlotClick[] } {
  if (slot === 'burst') return { slot, burst: [] };
  const own = [...(slot.clicks[recipient] ?? []), click];
  const clicks = { ...slot.clicks, [recipient]: own };
  if (Object.keys(clicks).length < RECIPIENTS && own.length <= MOST_OF_ONE)
    return { slot: { clicks }, burst: [] };
  return { slot: 'burst', burst: Object.values(slot.clicks).flat() };
}
