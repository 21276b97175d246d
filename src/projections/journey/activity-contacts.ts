import type { PoolClient } from 'pg';
import type { ContactVersion } from '../../domain/activity-version.js';
import { lookUp, type LookupKey } from '../../read-models/lookup.js';
import type { Statement } from '../../read-models/statements.js';
import type { RowOf } from '../../read-models/table.js';
import { ACTIVITY_CONTACT } from './activity-rows.js';

export type ActivityContact = RowOf<typeof ACTIVITY_CONTACT>;

interface Kept {
  readonly row: ActivityContact;
  readonly isStored: boolean;
  readonly isChanged: boolean;
}

/** Contacts of activities of one batch: read together, replaced and removed in memory, written together. */
export class ActivityContacts {
  readonly #kept = new Map<string, Map<string, Kept>>();
  readonly #removed: ActivityContact[] = [];

  async load(tx: PoolClient, by: 'id' | 'activity', wanted: readonly LookupKey[]): Promise<void> {
    if (wanted.length === 0) return;
    for (const row of await lookUp(tx, ACTIVITY_CONTACT, [by, 'text[]'], wanted))
      this.#of(row.workspace, row.activity).set(row.id, { row, isStored: true, isChanged: false });
  }

  get(workspace: string, activity: string, id: string): ContactVersion | undefined {
    return this.#of(workspace, activity).get(id)?.row.state;
  }

  set(row: ActivityContact): void {
    const kept = this.#of(row.workspace, row.activity);
    kept.set(row.id, { row, isStored: kept.get(row.id)?.isStored ?? false, isChanged: true });
  }

  /** Removes the contacts of an activity whose version meets a condition. @returns the versions */
  remove(
    workspace: string,
    activity: string,
    condition: (version: ContactVersion) => boolean,
  ): readonly ContactVersion[] {
    const kept = this.#of(workspace, activity);
    const removed = [...kept.values()].filter(({ row }) => condition(row.state));
    for (const { row, isStored } of removed) {
      kept.delete(row.id);
      if (isStored) this.#removed.push(row);
    }
    return removed.map(({ row }) => row.state);
  }

  flush(): readonly Statement[] {
    const changed = [...this.#kept.values()]
      .flatMap((kept) => [...kept.values()])
      .filter(({ isChanged }) => isChanged);
    const rows = (stored: boolean): ActivityContact[] =>
      changed.filter(({ isStored }) => isStored === stored).map(({ row }) => row);
    return [
      ...ACTIVITY_CONTACT.delete(this.#removed),
      ...ACTIVITY_CONTACT.update(rows(true), ['state']),
      ...ACTIVITY_CONTACT.insert(rows(false)),
    ];
  }

  #of(workspace: string, activity: string): Map<string, Kept> {
    const name = `${workspace}\0${activity}`;
    let kept = this.#kept.get(name);
    if (!kept) this.#kept.set(name, (kept = new Map<string, Kept>()));
    return kept;
  }
}
