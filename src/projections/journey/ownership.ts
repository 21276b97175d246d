import { isAnonymous, mainKey, type IdentityKey } from '../../domain/identity.js';
import { runAt, type Claimers } from './claims.js';
import type { KeyRecord, Lead } from './records.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Whose the keys of a workspace are, by the records in work. */
export interface Ownership extends Claimers {
  /** The lead that a known key means. */
  leadOf(key: IdentityKey): Lead;
  /** The lead of an anonymous key that nobody has claimed. */
  alone(record: KeyRecord): Lead;
  /** The lead that a fact with these keys at that time belongs to. */
  of(keys: readonly IdentityKey[], at: number): Lead;
  claimersOf(record: KeyRecord): readonly Lead[];
}

export function ownership(uow: UnitOfWork, workspace: string): Ownership {
  const leadOf = (key: IdentityKey): Lead => {
    const { lead } = uow.key(workspace, key);
    if (!lead) throw new Error(`${key} was read without its lead`);
    return lead;
  };
  const alone = (record: KeyRecord): Lead => record.lead ?? uow.lead(workspace, record.ownLeadId);
  const claimers = (record: KeyRecord): IdentityKey[] =>
    [...record.links.keys()].filter((key) => !isAnonymous(key));
  return {
    leadOf,
    alone,
    of: (keys, at) => {
      const main = mainKey(keys);
      if (main === undefined) throw new Error('a fact without keys');
      if (!isAnonymous(main)) return leadOf(main);
      const record = uow.key(workspace, main);
      const run = runAt(record, at);
      return run ? leadOf(run.key) : alone(record);
    },
    claimersOf: (record) => claimers(record).map(leadOf),
    ofOneLead: (a, b) => a === b || leadOf(a) === leadOf(b),
    lastFact: (key) => leadOf(key).lastFact,
  };
}
