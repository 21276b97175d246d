/** Where a lead is in our process. */
export const LIFECYCLES = [
  'raw',
  'engaged',
  'qualified',
  'handed_off',
  'accepted',
  'opportunity',
  'customer',
  'recycled',
  'disqualified',
  'opted_out',
] as const;
export type Lifecycle = (typeof LIFECYCLES)[number];
