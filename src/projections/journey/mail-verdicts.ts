import { hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { isEvent, type RecordedEvent } from '../../domain/events.js';
import { keyValue } from '../../domain/identity/keys.js';
import type { JudgementChange } from '../../domain/verdict/judgement.js';
import { addToMail, markBurst, NO_MAIL, rejudged } from '../../domain/verdict/mail-group.js';
import { mailTouchOf, type AddressedTouch, type MailGroup } from '../../domain/verdict/mail-touch.js';
import { addToSlot, NO_CLICKS, slotsOf, type Slot } from '../../domain/verdict/recipient-burst.js';
import { runStatements } from '../../read-models/statements.js';
import { mailDomain } from '../../read-models/mail-domain.js';
import { MAIL_GROUP, MAIL_SLOT } from './rows.js';
import { StateTable } from './state-table.js';

interface Observed extends AddressedTouch {
  readonly event: RecordedEvent;
  readonly workspace: string;
  readonly groupId: string;
  readonly slotIds: readonly string[];
}

const NO_CHANGES: ReadonlyMap<RecordedEvent, JudgementChange> = new Map();

/**
 * The mails of a batch. They depend on touchpoints of mails alone, so the whole batch is applied to them first; what each event
 * changes about verdicts is applied to the leads in its turn. A batch without mails asks and writes nothing.
 */
export class MailVerdicts {
  readonly #groups: StateTable<MailGroup>;
  readonly #slots: StateTable<Slot>;

  constructor(private readonly tx: PoolClient) {
    this.#groups = new StateTable(MAIL_GROUP, NO_MAIL);
    this.#slots = new StateTable(MAIL_SLOT, NO_CLICKS);
  }

  async observe(events: readonly RecordedEvent[]): Promise<ReadonlyMap<RecordedEvent, JudgementChange>> {
    const observed = events.flatMap((event) => observedIn(event) ?? []);
    if (observed.length === 0) return NO_CHANGES;
    await this.#load(observed);
    return new Map(observed.map((each) => [each.event, this.#apply(each)]));
  }

  write(): Promise<void> {
    return runStatements(this.tx, [...this.#groups.flush(), ...this.#slots.flush()]);
  }

  /** Reads the slots first: a burst concerns the groups of the clicks that are in them. */
  async #load(observed: readonly Observed[]): Promise<void> {
    const slots = observed.flatMap(({ workspace, slotIds }) => slotIds.map((id) => ({ workspace, id })));
    await this.#slots.load(this.tx, slots);
    const inSlots = slots.flatMap(({ workspace, id }) => {
      const slot = this.#slots.get(workspace, id);
      if (slot === 'burst') return [];
      return Object.values(slot.clicks).flatMap((clicks) =>
        clicks.map(({ group }) => ({ workspace, id: group })),
      );
    });
    const own = observed.map(({ workspace, groupId: id }) => ({ workspace, id }));
    await this.#groups.load(this.tx, [...own, ...inSlots]);
  }

  #apply({ event, workspace, groupId, slotIds, recipient, touch }: Observed): JudgementChange {
    const before = this.#groups.get(workspace, groupId);
    const changed = new Map([[groupId, before]]);
    this.#groups.set(workspace, groupId, addToMail(before, touch));
    for (const slotId of slotIds) {
      const click = { id: touch.id, group: groupId };
      const { slot, burst } = addToSlot(this.#slots.get(workspace, slotId), digest(recipient), click);
      this.#slots.set(workspace, slotId, slot);
      for (const { id, group } of slot === 'burst' ? [...burst, click] : burst) {
        if (!changed.has(group)) changed.set(group, this.#groups.get(workspace, group));
        this.#groups.set(workspace, group, markBurst(this.#groups.get(workspace, group), id));
      }
    }
    const all = [...changed].flatMap(([id, was]) =>
      rejudged(was, this.#groups.get(workspace, id), id === groupId ? touch : undefined),
    );
    return {
      own: all.find(({ id }) => id === event.id)?.judgement,
      others: all.filter(({ id }) => id !== event.id),
    };
  }
}

function observedIn(event: RecordedEvent): Observed | undefined {
  if (!isEvent(event, 'TouchpointRecorded')) return undefined;
  const { workspace, id, occurredAt, data } = event;
  const addressed = mailTouchOf(id, +occurredAt, data);
  if (!addressed) return undefined;
  const { touch, recipient, mail, campaign } = addressed;
  const company = touch.part === 'click' ? mailDomain(keyValue(recipient)) : undefined;
  const slotIds =
    company === undefined
      ? []
      : slotsOf(touch.at).map((slot) => `${slot}.${digest(`${company}\0${campaign}`)}`);
  return { ...addressed, event, workspace, groupId: groupIdOf(recipient, mail), slotIds };
}

const digest = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);

/** `mail` begins with its day. */
const groupIdOf = (recipient: string, mail: string): string =>
  `${mail.slice(0, mail.indexOf(' '))}.${digest(`${recipient}\0${mail}`)}`;
