/** A day of UTC, as all times of answers are. @param at ms */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** One decimal, never up: what is missing must not look reached. */
export const roundedDown = (score: number): number => Math.floor(score * 10) / 10;
