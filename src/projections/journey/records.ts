import type { Position } from '../../domain/events.js';
import { earlier, isAnonymous, type IdentityKey, type Stamp } from '../../domain/identity/keys.js';
import { evolveKey } from '../../domain/identity/evolve-key.js';
import { unseenKey, type KeyState } from '../../domain/identity/key-state.js';
import type { KeyMove } from '../../domain/identity/moves.js';
import { NO_NAMES, type ClaimRank, type Names } from '../../domain/lead-names.js';
import { NO_VALUES, type Profile, type ProfileFact, type LatestValues } from '../../domain/profile.js';
import { LeadJourney } from './lead-journey.js';
import type { KeyRow, MembershipRow, ProfileRow } from './rows.js';

/** What a group of events makes its own by reaching it. */
export abstract class Reachable {
  group: number | undefined;
  /** Its place in the division of a batch into groups (`groups.ts`), of which it is a node. */
  division = 0;
  parent: Reachable | undefined;
  isVisited = false;
}

/** An e-mail domain whose account changes, with the leads that were known by it. */
export class Domain extends Reachable {
  readonly leads = new Set<Lead>();
}

/** One key in work. */
export class KeyRecord extends Reachable {
  /** Replaced as a whole: decisions read it while others change theirs. */
  state: KeyState;
  /** That of `state.leadId`. */
  lead: Lead | undefined;
  row: KeyRow | undefined;
  /** The tables were asked for it. */
  read = false;
  /** There is a row of it in touchline.identity_state. */
  stored = false;

  constructor(
    readonly workspace: string,
    key: IdentityKey,
    ownLeadId: string,
    private readonly changed: Set<KeyRecord>,
  ) {
    super();
    this.state = unseenKey(key, ownLeadId);
  }

  get key(): IdentityKey {
    return this.state.key;
  }

  apply(move: KeyMove): void {
    this.state = evolveKey(this.state, move);
    this.changed.add(this);
  }

  /** Makes it the lead's. */
  joinLead(lead: Lead): void {
    const { lead: before } = this;
    before?.keys.delete(this);
    // The lead of an anonymous key that nobody had claimed has no other key.
    if (before?.id === this.state.ownLeadId && isAnonymous(this.key)) before.keysLoaded = true;
    this.lead = lead;
    lead.keys.add(this);
  }
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
export class Lead extends Reachable {
  alive = false;
  /** There is a row of it in touchline.lead. */
  stored = false;
  position = 0n;

  journey = new LeadJourney();
  latest: LatestValues = NO_VALUES;
  names: Names = NO_NAMES;
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
  ) {
    super();
  }

  /** Its state is to be written, as of a position. */
  markChanged(position: Position): void {
    this.position = position;
    this.changed.add(this);
  }

  /** All its keys, touchpoints and facts are in work. */
  get isRead(): boolean {
    return this.keysLoaded && this.journey.isLoaded && this.factsLoaded;
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
