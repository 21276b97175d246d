/** A day of UTC, as all times of answers are. @param at ms */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/**
 * The score as lead definitions compare it and as it is shown with them: one decimal. A touchpoint worth just the minimum makes a lead
 * ready, although some minutes of decay lie between what happened and its assessment.
 */
export const roundedScore = (score: number): number => Math.round(score * 10) / 10;

/** The least score that is rounded up to a minimum. */
export const leastScore = (minimum: number): number => minimum - 0.05;
