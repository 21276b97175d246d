import type { Clamped, ContentRef } from '../../domain/touchpoint.js';
import type { Judgement } from '../../domain/verdict/judgement.js';
import type { VerdictReason } from '../../domain/verdict/reasons.js';

/** What the columns do not hold. */
export interface TouchDetail {
  /** The content as the event names it; true: just as the columns have it. */
  readonly content?: ContentRef | true;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly clamped?: Clamped;
  /** Host of the page on the way that was passed over: the event names it as source. */
  readonly relay?: string;
  /** Why the touchpoint has its verdict. */
  readonly reasons?: readonly VerdictReason[];
  /** What the event itself says, where other events of the same mail say otherwise. */
  readonly recorded?: Judgement;
  /** The rule that decides instead. */
  readonly rule?: string;
  /** What other events of the same mail say, where a rule decides and they differ from the event itself. */
  readonly derived?: Judgement;
}
