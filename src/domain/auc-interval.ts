/** The 97.5th percentile of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * The 95 % confidence interval of an area under the ROC curve, by its standard error: J. A. Hanley and B. J. McNeil, "The meaning
 * and use of the area under a receiver operating characteristic (ROC) curve", Radiology 143 (1982), 29–36.
 *
 * @param successes and failures that the area was measured on, each at least one
 */
export function aucInterval(
  auc: number,
  { successes, failures }: { readonly successes: number; readonly failures: number },
): { readonly low: number; readonly high: number } {
  const bothHigher = auc / (2 - auc);
  const higherThanBoth = (2 * auc * auc) / (1 + auc);
  const variance =
    (auc * (1 - auc) +
      (successes - 1) * (bothHigher - auc * auc) +
      (failures - 1) * (higherThanBoth - auc * auc)) /
    (successes * failures);
  const margin = Z * Math.sqrt(Math.max(0, variance));
  return { low: Math.max(0, auc - margin), high: Math.min(1, auc + margin) };
}
