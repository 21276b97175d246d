import { isEvent, type Position, type RecordedEvent } from '../../domain/events.js';
import { isAnonymous, type IdentityKey } from '../../domain/identity/keys.js';
import { label, tagLabel } from '../../domain/label.js';
import { CLAIM_RANKS, type ClaimRank } from '../../domain/lead-names.js';
import type { IdentityFact } from '../../domain/identity/fact.js';
import type { KeyScope } from '../../domain/touchpoint.js';
import type { Judgement } from '../../domain/verdict/judgement.js';
import { NO_REASONS, withJudgement, withRule, type TouchFact } from './touch-fact.js';
import type { RuleInForce } from './verdict-rules.js';

/** What one event says of people, ready to be applied. */
export interface Fact extends IdentityFact {
  readonly workspace: string;
  /** From where on the log says so: the event's position, or of one applied late the position it is applied at. */
  readonly position: Position;
  readonly touch?: TouchFact;
}

export type PersonEvent = RecordedEvent<
  | 'TouchpointRecorded'
  | 'IdentityClaimed'
  | 'IdentitiesMerged'
  | 'IdentitiesSplit'
  | 'ConsentChanged'
  | 'ContactRoleAssigned'
>;

export const isPersonal = (event: RecordedEvent): event is PersonEvent =>
  isEvent(
    event,
    'TouchpointRecorded',
    'IdentityClaimed',
    'IdentitiesMerged',
    'IdentitiesSplit',
    'ConsentChanged',
    'ContactRoleAssigned',
  );

/** The keys an event names, each once. Of a CRM contact the known ones: the CRM knows no browsers. */
export function keysOf(event: PersonEvent): readonly IdentityKey[] {
  switch (event.type) {
    case 'TouchpointRecorded':
    case 'IdentityClaimed':
    case 'ConsentChanged':
      return once(event.data.identity);
    case 'ContactRoleAssigned':
      return once(event.data.contact.filter((key) => !isAnonymous(key)));
    default:
      return once([event.data.key, event.data.otherKey]);
  }
}

const once = (keys: readonly IdentityKey[]): readonly IdentityKey[] =>
  keys.length < 2 ? keys : [...new Set(keys)];

/**
 * @param position from where on the log says so
 * @param judgement what other events of the same mail make of it
 * @param rule the one that decides
 */
export function factOf(
  event: PersonEvent,
  position: Position,
  judgement?: Judgement,
  rule?: RuleInForce,
): Fact {
  const keys = keysOf(event);
  const { workspace, id } = event;
  const at = +event.occurredAt;
  switch (event.type) {
    case 'TouchpointRecorded': {
      const { traits, accountId, keyScope } = event.data;
      const rank = touchRank(keys, keyScope);
      return {
        workspace,
        position,
        id,
        at,
        keys,
        traits,
        accountId,
        keyScope,
        claimRank: rank,
        touch: judgedTouch(event, judgement, rule),
      };
    }
    case 'IdentityClaimed': {
      const { traits, accountId, keyScope } = event.data;
      return {
        workspace,
        position,
        id,
        at,
        keys,
        traits,
        accountId,
        keyScope,
        claimRank: claimRank(keys, keyScope),
      };
    }
    case 'ConsentChanged': {
      const { keyScope, status, reason } = event.data;
      return { workspace, position, id, at, keys, keyScope, consent: { status, reason } };
    }
    case 'ContactRoleAssigned': {
      // Who takes a contact off a committee does not say again where the person works.
      const crmAccountId = event.data.role === null ? undefined : event.data.accountId;
      return { workspace, position, id, at, keys, crmAccountId, claimRank: CLAIM_RANKS.crm };
    }
    default: {
      const decision = event.type === 'IdentitiesMerged' ? 'merged' : 'split';
      return { workspace, position, id, at, keys, decision };
    }
  }
}

/**
 * What a touchpoint's addresses and user ids count for. One that names nothing else claims nothing: an old address
 * does not become the latest because a mail to it was opened.
 */
export function touchRank(keys: readonly IdentityKey[], scope: KeyScope | undefined): ClaimRank | undefined {
  if (keys.length < 2 || once(keys).length < 2) return undefined;
  return scope === 'public' ? CLAIM_RANKS.public : CLAIM_RANKS.server;
}

/** What a claim's count for: who names a CRM id by a server-side key speaks for the CRM. */
function claimRank(keys: readonly IdentityKey[], scope: KeyScope | undefined): ClaimRank {
  if (scope === 'public') return CLAIM_RANKS.public;
  return keys.some((key) => key.startsWith('crm:')) ? CLAIM_RANKS.crm : CLAIM_RANKS.server;
}

function judgedTouch(
  event: RecordedEvent<'TouchpointRecorded'>,
  judgement: Judgement | undefined,
  rule: RuleInForce | undefined,
): TouchFact {
  const recorded = touchOf(event);
  const derived = judgement ? withJudgement(recorded, judgement) : recorded;
  return rule ? withRule(derived, rule) : derived;
}

function touchOf(event: RecordedEvent<'TouchpointRecorded'>): TouchFact {
  const { data } = event;
  return {
    touch: {
      id: event.id,
      at: +event.occurredAt,
      kind: data.kind,
      channel: data.channel,
      verdict: data.verdict,
      // Events of before there was one normalisation are read as those of today.
      source: data.source === undefined ? undefined : tagLabel(data.source),
      medium: data.medium === undefined ? undefined : tagLabel(data.medium),
      campaign: data.campaign === undefined ? undefined : label(data.campaign),
      name: data.name,
      content: data.content,
      properties: data.properties,
    },
    position: event.position,
    recordedAt: +event.recordedAt,
    identity: data.identity,
    collector: event.collector,
    rep: data.rep,
    clamped: data.clamped,
    keyScope: data.keyScope,
    reasons: data.verdictReasons ?? NO_REASONS,
    ...{ recorded: undefined, rule: undefined, derived: undefined },
  };
}
