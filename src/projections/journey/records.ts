import type { Position } from '../../domain/events.js';
import { earlier, isAnonymous, type IdentityKey, type Stamp } from '../../domain/identity.js';
import type { PublicClaim } from '../../domain/identity-links.js';
import { NAMELESS, type ClaimRank, type Names } from '../../domain/lead-names.js';
import { NO_VALUES, type Profile, type ProfileFact, type LatestValues } from '../../domain/profile.js';
import { LeadJourney } from './lead-journey.js';
import type { KeyRow, MembershipRow, ProfileRow } from './rows.js';

/** From then on an anonymous id is its claimer's, until the next run begins. */
export interface Run extends Stamp {
  readonly key: IdentityKey;
}

/** What a group of events makes its own by reaching it. */
export interface Reachable {
  group: number | undefined;
}

/** An e-mail domain whose account changes, with the leads that were known by it. */
export class Domain implements Reachable {
  group: number | undefined;
  readonly leads = new Set<Lead>();
}

/** What is known of one key. Everything in it follows from the set of facts, not from their order. */
export class KeyRecord implements Reachable {
  group: number | undefined;
  readonly anonymous: boolean;
  /** Undefined: never seen. */
  firstSeen: Stamp | undefined;
  /** Of an anonymous key its latest owner. */
  lead: Lead | undefined;
  /** By the main key of the events that name both: the first of them; of a known key without public claims. */
  readonly links = new Map<IdentityKey, Stamp>();
  /** Of a known key, by the main key of the public claims that name both: the first of them. */
  readonly publicLinks = new Map<IdentityKey, PublicLink>();
  /** Known keys with a public link to this one. */
  readonly publicOthers = new Set<IdentityKey>();
  /** By the other key of a pair: the last decision. */
  readonly decisions = new Map<IdentityKey, Stamp & { readonly kind: 'merged' | 'split' }>();
  /** Claims of an anonymous key in order, without those that change nothing. */
  runs: Run[] = [];
  row: KeyRow | undefined;
  /** The tables were asked for it. */
  read = false;
  /** There is a row of it in touchline.identity_state. */
  stored = false;
  constructor(
    readonly workspace: string,
    readonly key: IdentityKey,
    readonly ownLeadId: string,
    private readonly changed: Set<KeyRecord>,
  ) {
    this.anonymous = isAnonymous(key);
  }

  /** Its state is to be written. */
  markChanged(): void {
    this.changed.add(this);
  }
}

/** A public claim about a pair of known keys, and whether it joins them. */
interface PublicLink extends PublicClaim {
  readonly joins: boolean;
}

/** A fact beside touchpoints, kept so that it can be given to another lead. */
export interface FactRow extends ProfileFact {
  readonly workspace: string;
  leadId: string;
  readonly keys: readonly IdentityKey[];
  /** What the addresses and user ids count for; undefined: it came with a touchpoint. */
  readonly claimRank?: ClaimRank | undefined;
  stored: boolean;
}

/** One lead in work. Journey, facts and keys are read when they are needed; what is new is added without. */
export class Lead implements Reachable {
  group: number | undefined;
  alive = false;
  /** There is a row of it in touchline.lead. */
  stored = false;
  position = 0n;

  journey = new LeadJourney();
  latest: LatestValues = NO_VALUES;
  names: Names = NAMELESS;
  /** No fact of it is later. Undefined: it has none. */
  lastFact: Stamp | undefined;

  profile: Profile | undefined;
  profileRow: ProfileRow | undefined;
  accountRow: MembershipRow | undefined;

  readonly keys = new Set<KeyRecord>();
  keysLoaded = true;
  facts: FactRow[] = [];
  factsLoaded = true;

  constructor(
    readonly workspace: string,
    readonly id: string,
    private readonly changed: Set<Lead>,
  ) {}

  /** Its state is to be written, as of a position. */
  markChanged(position: Position): void {
    this.position = position;
    this.changed.add(this);
  }

  /** Whether anything would have to move with it. */
  get holds(): boolean {
    return this.lastFact !== undefined;
  }

  /** Forgets touchpoints and facts that were written, if the others of their kind are not at hand. */
  forgetUnread(): void {
    if (!this.journey.isLoaded) this.journey.entries.clear();
    if (!this.factsLoaded) this.facts = [];
  }

  noteFact(stamp: Stamp): void {
    if (!this.lastFact || earlier(this.lastFact, stamp)) this.lastFact = { at: stamp.at, id: stamp.id };
  }
}

/** Gives a key to a lead. */
export function assignKey(record: KeyRecord, lead: Lead): void {
  if (record.lead === lead) return;
  record.lead?.keys.delete(record);
  record.lead = lead;
  record.markChanged();
  lead.keys.add(record);
}
