import type { Proportion } from '../domain/calibration.js';
import type { Estimate } from '../domain/proportion-comparison.js';
import { MaybeDecimal } from './response-fields.js';

export class ShareItem {
  @MaybeDecimal('Six decimals; null: there is nothing to divide by') rate!: number | null;
  @MaybeDecimal('Lower end of its 95 % confidence interval (Wilson)') low!: number | null;
  @MaybeDecimal('Upper end') high!: number | null;
}

export class EstimateItem {
  @MaybeDecimal('Six decimals') value!: number | null;
  @MaybeDecimal('Lower end of its 95 % confidence interval; null: it has none') low!: number | null;
  @MaybeDecimal('Upper end') high!: number | null;
}

export const rounded = (value: number | null, digits: number): number | null =>
  value === null ? null : Number(value.toFixed(digits));

export const shareItem = ({ rate, low, high }: Proportion): ShareItem => ({
  ...{ rate: rounded(rate, 6), low: rounded(low, 6), high: rounded(high, 6) },
});

export const estimateItem = (estimate: Estimate | null): EstimateItem | null =>
  estimate && {
    ...{ value: rounded(estimate.value, 6), low: rounded(estimate.low, 6), high: rounded(estimate.high, 6) },
  };
