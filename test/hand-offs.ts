import { v5 as uuidv5 } from 'uuid';
import type { LeadDecision } from '../src/domain/lead-lifecycle.js';
import { leadDecisionId, leadStream } from '../src/domain/lead-events.js';
import { identityKey, leadIdOf, type IdentityKey } from '../src/domain/identity/keys.js';
import type { LeadManagement } from '../src/domain/model/lead-management.js';
import type { RecordedEvent } from '../src/domain/events.js';
import type { Traits } from '../src/domain/touchpoint.js';
import { publishModel } from '../src/commands/publish-model.js';
import type { EventStore } from '../src/event-store/event-store.js';
import { TEST_MODEL } from './journey-models.js';

const NAMESPACE = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';
export const WORKSPACE = 'main';
/** A Wednesday, at noon in Berlin. */
export const NOON = new Date('2026-03-04T11:00:00Z');

export const emailOf = (name: string): IdentityKey => identityKey('email', `${name}@${name}.example`);
export const leadOf = (name: string, workspace = WORKSPACE): string => leadIdOf(workspace, emailOf(name));

/** A log with people who qualify, as the reactors before routing write it. */
export class SalesLog {
  #number = 0;

  constructor(
    readonly store: EventStore,
    readonly workspace = WORKSPACE,
  ) {}

  async publish(parts: LeadManagement): Promise<void> {
    await publishModel(this.store, this.workspace, { ...TEST_MODEL, ...parts }, { now: NOON });
  }

  /** A known person with these traits. */
  async person(name: string, traits: Traits = {}, accountId?: string): Promise<void> {
    const data = { identity: [emailOf(name)], traits, ...(accountId !== undefined && { accountId }) };
    await this.#record('identity', 'IdentityClaimed', data);
  }

  async touchpoint(name: string, kind: string, occurredAt: Date, more: object = {}): Promise<void> {
    const data = { kind, channel: 'sales', verdict: 'human', identity: [emailOf(name)], ...more };
    await this.#record('touchpoints', 'TouchpointRecorded', data, occurredAt);
  }

  async account(accountId: string, traits: Traits): Promise<void> {
    await this.#record('account', 'AccountObserved', { accountId, traits });
  }

  /** An opportunity that a person is a contact of. @param lostAt undefined: it stays open */
  async opportunity(name: string, openedAt: Date, lostAt?: Date): Promise<void> {
    const opportunityId = `opportunity of ${name}`;
    const stream = `opportunity-${opportunityId}`;
    const contact = { opportunityId, contact: [emailOf(name)], role: 'champion' };
    await this.#record(stream, 'OpportunityOpened', { opportunityId, currency: 'EUR' }, openedAt);
    await this.#record(stream, 'ContactRoleAssigned', contact, openedAt);
    if (lostAt) await this.#record(stream, 'OpportunityLost', { opportunityId }, lostAt);
  }

  /** People who qualify for the first time, or again. */
  async qualify(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const cycle = (await this.decisions(name)).filter(({ type }) => type === 'LeadQualified').length + 1;
      const data = { modelVersion: 1, score: 40, grade: 'B', reasons: ['score 40 of 30'] };
      await this.decide(name, 'LeadQualified', cycle, data);
    }
  }

  async decide(
    name: string,
    type: LeadDecision['type'],
    cycle: number,
    data: object,
    occurredAt = NOON,
  ): Promise<void> {
    const leadId = leadOf(name, this.workspace);
    const exact = (await this.decisions(name)).at(-1)?.version ?? 0;
    const id =
      type === 'LeadQualified'
        ? leadDecisionId(this.workspace, leadId, cycle, type)
        : uuidv5(`${type} ${(this.#number += 1)}`, NAMESPACE);
    const event = { id, type, schemaVersion: 1, occurredAt, data: { leadId, cycle, ...data } };
    const stream = leadStream(leadId);
    await this.store.append([
      { workspace: this.workspace, stream, expected: { exact }, events: [event as never] },
    ]);
  }

  decisions(name: string) {
    return this.store.readStream(this.workspace, leadStream(leadOf(name, this.workspace)));
  }

  /** Of the whole log, in its order. */
  async handOffs(): Promise<readonly RecordedEvent<'LeadHandedOff'>[]> {
    const events = await this.store.readAll(0n, 100_000);
    return events.filter(
      (event): event is RecordedEvent<'LeadHandedOff'> =>
        event.type === 'LeadHandedOff' && event.workspace === this.workspace,
    );
  }

  /** `name to recipient by rule`, in the order of the log. */
  async routes(names: readonly string[]): Promise<string[]> {
    const byId = new Map(names.map((name) => [leadOf(name, this.workspace), name]));
    return (await this.handOffs()).map(
      ({ data }) => `${byId.get(data.leadId)} to ${data.recipient.id} by ${data.rule}`,
    );
  }

  async #record(stream: string, type: string, data: object, occurredAt = NOON): Promise<void> {
    const id = uuidv5(`${this.workspace} ${type} ${(this.#number += 1)}`, NAMESPACE);
    const event = { id, type, schemaVersion: 1, occurredAt, data };
    await this.store.record([{ workspace: this.workspace, stream, event: event as never }]);
  }
}
