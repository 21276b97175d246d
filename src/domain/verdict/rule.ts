import type { TouchpointKind, Verdict } from '../touchpoint.js';

/** The touchpoints that a rule is about: each part that is given has to hold, and of each list one member. */
export interface VerdictMatch {
  /** Of the IP address: `198.51.100.0/24`, or one address. */
  readonly networks?: readonly string[];
  /** Parts of the user agent, whatever their case. */
  readonly userAgents?: readonly string[];
  readonly kinds?: readonly TouchpointKind[];
  readonly collectors?: readonly string[];
  /** Of an e-mail address among the keys; subdomains count. */
  readonly emailDomains?: readonly string[];
  /** Patterns as in the journey model, of the content's URL. */
  readonly urls?: readonly string[];
  /** RFC 3339; of `occurredAt`, from this on. */
  readonly from?: string;
  /** RFC 3339; of `occurredAt`, before this. */
  readonly to?: string;
  readonly eventIds?: readonly string[];
}

export interface VerdictRule {
  readonly ruleId: string;
  readonly match: VerdictMatch;
  readonly verdict: Verdict;
  readonly reason?: string;
}
