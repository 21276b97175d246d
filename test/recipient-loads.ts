import type { RecipientLoads } from '../src/domain/routing/strategies.js';

export interface PastHandOff {
  readonly recipient: string;
  readonly rule: string;
  /** Default true. */
  readonly open?: boolean;
}

/** The loads that hand-offs make, the earliest first. */
export function loadsOf(handOffs: readonly PastHandOff[]): RecipientLoads {
  const lastOf = (matches: (each: PastHandOff) => boolean): bigint | undefined => {
    const at = handOffs.findLastIndex(matches);
    return at < 0 ? undefined : BigInt(at);
  };
  return {
    open: (recipient) =>
      handOffs.filter((each) => each.recipient === recipient && each.open !== false).length,
    last: (recipient) => lastOf((each) => each.recipient === recipient),
    lastBy: (rule, recipient) => lastOf((each) => each.recipient === recipient && each.rule === rule),
  };
}
