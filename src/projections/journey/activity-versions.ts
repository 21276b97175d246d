import { hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import {
  activityVersionOf,
  isBefore,
  isLatest,
  isReplaced,
  NO_VERSION,
  SUPERSEDED,
  type ActivityVersion,
  type ContactVersion,
  type LatestVersion,
} from '../../domain/activity-version.js';
import type { RecordedEvent } from '../../domain/events.js';
import type { JudgementChange, Rejudged } from '../../domain/verdict/judgement.js';
import { runStatements } from '../../read-models/statements.js';
import { ActivityContacts } from './activity-contacts.js';
import { ACTIVITY_VERSION } from './activity-rows.js';
import { StateTable } from './state-table.js';

interface Observed {
  readonly event: RecordedEvent;
  readonly workspace: string;
  readonly version: ActivityVersion;
  /** Of the activity. */
  readonly id: string;
  /** Of the contact in it; undefined: all of them. */
  readonly contactId: string | undefined;
}

const NO_CHANGES: ReadonlyMap<RecordedEvent, JudgementChange> = new Map();

/**
 * The activities of a batch. Like mails they depend on what was reported of them alone, so the whole batch is applied to them
 * first. What a version has replaced is forgotten, so that each costs the same, however often an activity changes.
 */
export class ActivityVersions {
  readonly #latest = new StateTable<LatestVersion>(ACTIVITY_VERSION, NO_VERSION);
  readonly #contacts = new ActivityContacts();

  constructor(private readonly tx: PoolClient) {}

  async observe(events: readonly RecordedEvent[]): Promise<ReadonlyMap<RecordedEvent, JudgementChange>> {
    const observed = events.flatMap((event) => observedIn(event) ?? []);
    if (observed.length === 0) return NO_CHANGES;
    await this.#load(observed);
    return new Map(observed.map((each) => [each.event, this.#apply(each)]));
  }

  write(): Promise<void> {
    return runStatements(this.tx, [...this.#latest.flush(), ...this.#contacts.flush()]);
  }

  /** All contacts of an activity only where a later version replaces them: each of them is replaced once. */
  async #load(observed: readonly Observed[]): Promise<void> {
    await this.#latest.load(this.tx, observed);
    const advancing = new Map<string, { workspace: string; value: string }>();
    for (const { workspace, id, version } of observed)
      if (isLatest(version, this.#latest.get(workspace, id)))
        advancing.set(`${workspace}\0${id}`, { workspace, value: id });
    const single = new Map<string, { workspace: string; value: string }>();
    for (const { workspace, id, contactId } of observed)
      if (contactId !== undefined && !advancing.has(`${workspace}\0${id}`))
        single.set(`${workspace}\0${contactId}`, { workspace, value: contactId });
    await this.#contacts.load(this.tx, 'activity', [...advancing.values()]);
    await this.#contacts.load(this.tx, 'id', [...single.values()]);
  }

  #apply(observed: Observed): JudgementChange {
    const { event, workspace, version, id } = observed;
    let replaced: readonly ContactVersion[] = [];
    if (isLatest(version, this.#latest.get(workspace, id))) {
      const latest = { at: version.at, isEnd: version.isEnd };
      this.#latest.set(workspace, id, latest);
      replaced = this.#contacts.remove(workspace, id, (each) => isBefore(each, latest));
    }
    const before = this.#replaceContact(observed);
    const all = before ? [...replaced, before] : replaced;
    return {
      own: all.some((each) => each.id === event.id) ? SUPERSEDED : undefined,
      others: all.flatMap((each) => (each.id === event.id ? [] : rejudgedOf(each))),
    };
  }

  /** @returns which of two versions about the contact does not count; undefined: there is one */
  #replaceContact({ workspace, version, id: activity, contactId: id }: Observed): ContactVersion | undefined {
    if (id === undefined) return undefined;
    if (isBefore(version, this.#latest.get(workspace, activity))) return version;
    const before = this.#contacts.get(workspace, activity, id);
    if (before && !isReplaced(before, version)) return version;
    const { id: eventId, at, isEnd, touch } = version;
    const state = { id: eventId, at, isEnd, ...(touch && { touch }) };
    this.#contacts.set({ workspace, id, activity, state });
    return before;
  }
}

const rejudgedOf = ({ id, touch }: ContactVersion): readonly Rejudged[] =>
  touch ? [{ id, ...touch, judgement: SUPERSEDED }] : [];

function observedIn(event: RecordedEvent): Observed | undefined {
  const version = activityVersionOf(event);
  if (!version) return undefined;
  const { collector, activityId, contact } = version;
  const id = digest(`${collector}\0${activityId}`);
  const contactId = contact === undefined ? undefined : `${id}.${digest(contact)}`;
  return { event, workspace: event.workspace, version, id, contactId };
}

const digest = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);
