import type { IdentityKey, Stamp } from './keys.js';
import type { Claim, PairDecision, PublicLink } from './key-state.js';

/** A change of what is known of one key. */
export type KeyMove =
  | { readonly type: 'key-seen'; readonly key: IdentityKey; readonly firstSeen: Stamp }
  /** A fact names the key beside its main key, for the first time or earlier than was known. */
  | {
      readonly type: 'keys-linked';
      readonly key: IdentityKey;
      readonly mainKey: IdentityKey;
      readonly stamp: Stamp;
    }
  /** The same by a public claim, which joins the two or does not. */
  | {
      readonly type: 'keys-linked-publicly';
      readonly key: IdentityKey;
      readonly mainKey: IdentityKey;
      readonly link: PublicLink;
    }
  /** The main key of a public claim notes the other key, so that the link is found from both. */
  | { readonly type: 'public-link-noted'; readonly key: IdentityKey; readonly otherKey: IdentityKey }
  /** A person merged or split the pair; each of the two keys notes it. */
  | {
      readonly type: 'pair-decided';
      readonly key: IdentityKey;
      readonly otherKey: IdentityKey;
      readonly decision: PairDecision;
    }
  | { readonly type: 'claims-changed'; readonly key: IdentityKey; readonly claims: readonly Claim[] }
  | { readonly type: 'key-assigned'; readonly key: IdentityKey; readonly leadId: string };

/** What becomes of leads and their facts. */
export type LeadMove =
  /** Facts, by event id, belong to another lead now. */
  | {
      readonly type: 'facts-moved';
      readonly from: string;
      readonly to: string;
      readonly eventIds: ReadonlySet<string>;
    }
  /** The new fact belongs to this lead. */
  | { readonly type: 'fact-added'; readonly leadId: string }
  /** Its names, traits and journey have to be derived again from all of its facts. */
  | { readonly type: 'lead-rederived'; readonly leadId: string }
  /** It has other keys than before, or keys seen earlier: its profile has to follow. A lead without keys is no more. */
  | { readonly type: 'lead-keys-changed'; readonly leadId: string };

/** What a fact changes about who is who. */
export type Move = KeyMove | LeadMove;
