import { basename } from 'node:path';
import type { Pool } from 'pg';
import { defaultModel } from '../../commands/publish-model.js';
import { withTransaction } from '../../database/client.js';
import { ListCheck } from '../../domain/list-check.js';
import type { JourneyModel } from '../../domain/model/journey-model.js';
import { domainsOf, leadAddress } from '../../read-models/mail-domain.js';
import { knownKeys } from '../../read-models/known-people.js';
import { currentModels } from '../../read-models/model-versions.js';
import { readCheckpoints } from '../../subscriptions/read-checkpoints.js';
import type { EventStore } from '../../event-store/event-store.js';
import { csvRows, openCsv } from './csv-rows.js';
import { detectFormat } from './detect-format.js';
import { factsOf, type ImportTarget, progressSource } from './import-file.js';
import { Importer } from './importer.js';
import { Input, STDIN, UnreadableInput } from './input.js';
import { fingerprint, type InputFile } from './input-files.js';
import { ListReport } from './list-report.js';
import { type FindKnown, PeopleCheckWriter } from './people-check-writer.js';
import { ImportProgress } from './progress-bar.js';

/** What is known of people before a list is imported. */
export interface PeopleDirectory {
  readonly model: JourneyModel;
  /** The position up to which people are known now. */
  readonly position: bigint;
  /** The same as of when a file was first imported: what is known since may be of that file. */
  positionOf(source: string): Promise<bigint>;
  findKnownAt(position: bigint): FindKnown;
}

/** Where no database is there yet, nobody is known. */
export const emptyDirectory = async (): Promise<PeopleDirectory> => ({
  model: await defaultModel(),
  position: 0n,
  positionOf: () => Promise.resolve(0n),
  findKnownAt: () => () => Promise.resolve(new Map()),
});

/** @param isDryRun nothing is kept of when the file was first imported */
export async function openDirectory(
  pool: Pool,
  store: EventStore,
  { workspace, isDryRun }: Pick<ImportTarget, 'workspace' | 'isDryRun'>,
): Promise<PeopleDirectory> {
  const [journey] = await readCheckpoints(pool, ['journey']);
  const position = journey?.position ?? 0n;
  const models = await withTransaction(pool, currentModels, READ_ONLY);
  const model = models.find((each) => each.workspace === workspace)?.model ?? (await defaultModel());
  return {
    ...{ model, position },
    async positionOf(name) {
      const source = `check-${name}`;
      const kept = (await store.progressOf(source))?.mark;
      if (kept !== undefined || isDryRun) return kept === undefined ? position : BigInt(kept);
      await store.record([], { source, next: 1n, mark: String(position) });
      return position;
    },
    findKnownAt: (asOf) => (keys) =>
      withTransaction(pool, (tx) => knownKeys(tx, workspace, keys, asOf), READ_ONLY),
  };
}

const READ_ONLY = 'BEGIN READ ONLY';

export const listCheck = (model: JourneyModel, now: Date): ListCheck =>
  new ListCheck({
    ...{ model, addressOf: leadAddress, companyOf: domainsOf(model.mailProviders), now: +now },
  });

/**
 * Checks all files of people before the first one is imported, so that people of one file are no known people for the next.
 *
 * @returns what it says
 */
export async function checkPeople(
  target: ImportTarget,
  files: readonly InputFile[],
  directory: PeopleDirectory,
  reportPath?: string,
): Promise<readonly string[]> {
  const { model } = directory;
  const check = listCheck(model, target.now);
  const report = new ListReport(reportPath);
  let first = directory.position;
  try {
    for (const file of files) {
      if (file.path === STDIN || target.signal.aborted) continue;
      const asOf = await checkFile(target, file, { check, report, directory });
      if (asOf !== undefined && asOf < first) first = asOf;
    }
  } finally {
    await report.close();
  }
  return report.lines(check.people, first);
}

interface Checking {
  readonly check: ListCheck;
  readonly report: ListReport;
  readonly directory: PeopleDirectory;
}

/** @returns the position at which its people were known; undefined: it is no list of people */
async function checkFile(
  target: ImportTarget,
  { path, bytes }: InputFile,
  { check, report, directory }: Checking,
): Promise<bigint | undefined> {
  const input = new Input(path, target.encoding);
  let display: ImportProgress | undefined;
  try {
    const start = await input.peek();
    if (start.length === 0 || (target.format ?? detectFormat(path, start)) !== 'csv') return undefined;
    const identity = await fingerprint(path);
    const name = basename(path);
    const { type, read, ...rows } = openCsv(name, start, target.mapping);
    if (type !== 'contacts') return undefined;
    const asOf = await directory.positionOf(progressSource(target, 'csv', identity));
    const facts = factsOf(target, csvRows(type, read), { name, identity });
    const writer = new PeopleCheckWriter({
      ...{ name, facts, check, report, findKnown: directory.findKnownAt(asOf) },
    });
    const importer = new Importer({
      ...{ store: target.store, writer, ...rows, source: undefined, restart: false },
      onProgress: ({ summary }) => {
        display ??= new ImportProgress(`${name} (check)`, bytes, 0);
        display.show(summary.rows, input.bytesRead);
      },
    });
    await importer.run(input, target.signal);
    return asOf;
  } catch (error) {
    // The import says so, after the rows before.
    if (error instanceof UnreadableInput) return undefined;
    throw error;
  } finally {
    display?.end();
    input.close();
  }
}
