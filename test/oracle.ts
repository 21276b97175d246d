import { isEvent, type RecordedEvent } from '../src/domain/events.js';
import { decayed } from '../src/domain/score.js';
import { fold, rulesOf } from '../src/domain/journey.js';
import type { JourneyModel } from '../src/domain/model/journey-model.js';
import { accountOf, profileOf } from '../src/domain/profile.js';
import { resolveIdentity } from './resolve-identity.js';
import { factOf, isPersonal } from '../src/projections/journey/facts.js';
import { companyDomains } from '../src/read-models/mail-domain.js';

type Row = Record<string, unknown>;
const dateOf = (at: number | null): Date | null => (at === null ? null : new Date(at));

/** What is true once all events are known, from the whole set at once: no increments, no tables. */
export interface Expected {
  readonly identity_key: Row[];
  readonly identity_link: Row[];
  readonly lead_profile: Row[];
  readonly account_membership: Row[];
  readonly journey: Row[];
  readonly stage_transition: Row[];
  readonly score_change: Row[];
  readonly lead: Row[];
}

export function expected(workspace: string, events: readonly RecordedEvent[], model: JourneyModel): Expected {
  const facts = events
    .filter(isPersonal)
    .map((event) => factOf(event, event.position))
    .filter(({ keys }) => keys.length > 0);
  const who = resolveIdentity(workspace, facts, companyDomains(model.mailProviders));
  const rules = rulesOf(model);
  const out: Expected = {
    identity_key: [],
    identity_link: who.links.map(({ key, otherKey, kind, stamp }) => ({
      key,
      other_key: otherKey,
      kind,
      event_id: stamp.id,
    })),
    lead_profile: [],
    account_membership: [],
    journey: [],
    stage_transition: [],
    score_change: [],
    lead: [],
  };
  for (const { leadId: lead_id, keys, names, latest } of who.leads) {
    for (const key of keys) out.identity_key.push({ key, lead_id });
    const observed = names.emailDomain === null ? undefined : accountWith(events, names.emailDomain);
    const profile = profileOf(latest, names, rules.fit, observed);
    out.lead_profile.push({
      ...{ lead_id, ...profile },
      knownAt: dateOf(profile.knownAt),
      emailConsentAt: dateOf(profile.emailConsentAt),
    });
    const reason = accountOf(latest, names, observed);
    if (reason)
      out.account_membership.push({
        lead_id,
        account_id: reason.accountId,
        reason: reason.reason,
        event_id: reason.eventId,
      });
    const own = facts.flatMap(({ touch, keys: named, at }) =>
      touch && who.ownerOf(named, at) === lead_id ? [touch] : [],
    );
    const folded = fold(
      model,
      { traits: profile.traits, address: profile.email === null ? null : { email: profile.email } },
      own.map(({ touch }) => touch),
    );
    for (const { own: touch, part, setsOrigin, isNurture, content } of folded.perTouch) {
      const { identity = [] } = own.find((each) => each.touch.id === touch.id) ?? {};
      out.journey.push({
        lead_id,
        event_id: touch.id,
        session: part,
        sets_origin: setsOrigin,
        nurture: isNurture,
        linked_by: who.linkedBy(identity, touch.at) ?? null,
        channel: touch.channel,
        source: touch.source ?? null,
        medium: touch.medium ?? null,
        campaign: touch.campaign ?? null,
        content_id: content?.id ?? null,
        content_title: content?.title ?? null,
        content_type: content?.type ?? null,
        content_stage: content?.stage ?? null,
      });
    }
    for (const { eventId: event_id, at, from, to, rule } of folded.transitions)
      out.stage_transition.push({
        lead_id,
        event_id,
        from_stage: from,
        to_stage: to,
        at: new Date(at),
        rule,
      });
    for (const { eventId: event_id, at, points, rule } of folded.ledger)
      out.score_change.push({
        lead_id,
        event_id,
        rule,
        points,
        occurred_at: new Date(at),
      });
    out.lead.push({ lead_id, stage: folded.stage, score: folded.score, touchpoints: own.length });
  }
  return out;
}

/** Of the accounts whose latest domain it is, the one seen first. */
function accountWith(events: readonly RecordedEvent[], domain: string): string | undefined {
  const observed = events.filter((event) => isEvent(event, 'AccountObserved')).toSorted(inTime);
  const ids = [...new Set(observed.map(({ data }) => data.accountId))];
  return ids.find(
    (id) =>
      observed.findLast(({ data }) => data.accountId === id && data.domain !== undefined)?.data.domain ===
      domain,
  );
}

const inTime = (a: RecordedEvent, b: RecordedEvent): number =>
  +a.occurredAt - +b.occurredAt || (a.id < b.id ? -1 : 1);

/** The score of a ledger at its last row, added up row by row. */
export function summed(
  ledger: readonly { readonly points: number; readonly at: number }[],
  halfLifeDays: number,
): number {
  const last = Math.max(...ledger.map(({ at }) => at));
  return ledger.reduce((sum, { points, at }) => sum + decayed(points, at, last, halfLifeDays), 0);
}
