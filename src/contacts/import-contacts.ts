import { hash } from 'node:crypto';
import type pg from 'pg';
import { listCheck, openDirectory } from '../cli/import/check-people.js';
import { DEFAULT_COLLECTOR } from '../cli/import/default-collector.js';
import { FactWriter } from '../cli/import/fact-writer.js';
import { progressSource } from '../cli/import/import-file.js';
import type { ReportedRow } from '../cli/import/list-report.js';
import { PeopleCheckWriter } from '../cli/import/people-check-writer.js';
import type { RowOutcome } from '../cli/import/summary.js';
import type { EventStore } from '../event-store/event-store.js';
import type { Pipeline } from '../intake/pipeline.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import type { ContactListAnswer, ContactRow } from './contact-list.answer.js';
import { readContactList } from './contact-list.js';

export interface ImportContactsDeps {
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly pipeline: Pipeline;
  readonly configOf: (workspace: string, collector: string) => CollectorConfig | undefined;
}

export interface SentList {
  readonly workspace: string;
  readonly text: string;
  readonly isCsv: boolean;
  /** As rejected input names it. */
  readonly name: string;
  /** Of CSV, as JSON. */
  readonly mapping: string | undefined;
  readonly isDryRun: boolean;
  readonly now: Date;
}

/**
 * Checks and imports a list of people, as `touchline import --type contacts` does: the same list sent again, or imported there, changes
 * nothing.
 *
 * @throws Problem, Refused as `readContactList`
 * @throws StoreUnavailable send it again
 */
export async function importContacts(deps: ImportContactsDeps, sent: SentList): Promise<ContactListAnswer> {
  const { workspace, text, name, isDryRun, now } = sent;
  const collector = DEFAULT_COLLECTOR;
  const list = readContactList(text, name, sent.isCsv, sent.mapping);
  const identity = hash('sha256', text, 'base64url');
  const config = deps.configOf(workspace, collector);
  const facts = new FactWriter({
    ...{ pipeline: deps.pipeline, reader: list.reader, source: { name, identity } },
    origin: { workspace, collector, receivedAt: now, ...(config && { config }) },
  });
  const directory = await openDirectory(deps.pool, deps.store, { workspace, isDryRun });
  const way = { workspace, collector, encoding: undefined, mapping: list.mapping };
  const asOf = await directory.positionOf(progressSource(way, list.format, identity));
  const check = listCheck(directory.model, now);
  const checked: ReportedRow[] = [];
  const writer = new PeopleCheckWriter({
    ...{ name, facts, check, findKnown: directory.findKnownAt(asOf) },
    report: { add: (rows) => Promise.resolve(void checked.push(...rows)) },
  });
  const valid = await writer.write(list.rows);
  const { outcomes } = isDryRun ? valid : await facts.write(list.rows);
  const count = (status: RowOutcome['status']): number =>
    outcomes.filter((outcome) => outcome.status === status).length;
  return {
    ...{ asOf: String(asOf), dryRun: isDryRun, rows: outcomes.length },
    newPeople: check.people.newPeople,
    knownLeads: check.people.knownLeads,
    ...{ accepted: count('accepted'), duplicate: count('duplicate'), rejected: count('rejected') },
    items: outcomes.map((outcome, nth) => rowOf(outcome, checked[nth])),
  };
}

function rowOf(outcome: RowOutcome, checked: ReportedRow | undefined): ContactRow {
  const { line = 0, email = null, leadIds = [], findings = [] } = checked ?? {};
  return {
    ...{ line, status: outcome.status, email, leadIds: [...leadIds] },
    findings: findings.filter(({ code }) => code !== 'rejected').map(({ code, text }) => ({ code, text })),
    ...(outcome.status === 'rejected'
      ? { reason: outcome.reason, warnings: [] }
      : { reason: null, warnings: [...(outcome.warnings ?? [])] }),
  };
}
