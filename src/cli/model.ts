import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import { MODEL_STREAM, publishModel } from '../commands/publish-model.js';
import { differenceText, modelDifferences } from '../domain/model/differences.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { type PlacedFault, readModelText } from '../domain/model/model-text.js';
import { printModel } from '../domain/model/print-model.js';
import { isEvent } from '../domain/events.js';
import { Refused } from '../domain/refused.js';
import type { EventStore } from '../event-store/event-store.js';
import { FIRST_WORKSPACE } from '../workspaces/first-workspace.js';
import { Workspaces } from '../workspaces/workspaces.js';
import { table } from './text-table.js';
import { withRuntime } from './with-runtime.js';

export interface InWorkspace {
  readonly workspace?: string;
}

/** `model validate FILE`: 0 valid, 1 invalid, or with warnings where `strict`. */
export async function validateModel(file: string, { strict = false }: { strict?: boolean }): Promise<number> {
  const read = await readModel(file);
  if (!read) return 1;
  console.log(`${file} is valid${read.warnings > 0 ? ` with ${count(read.warnings, 'warning')}` : ''}`);
  return strict && read.warnings > 0 ? 1 : 0;
}

/** `model diff FILE [OTHER]`: 0 equal, 1 different, as of `diff`; 2 invalid. */
export async function diffModels(
  file: string,
  other: string | undefined,
  options: InWorkspace,
): Promise<number> {
  const read = await readModel(file);
  const second = other === undefined ? undefined : await readModel(other);
  if (!read || (other !== undefined && !second)) return 2;
  const [before, after] = second
    ? [read.model, second.model]
    : [(await currentOf(options))?.document, read.model];
  const lines = modelDifferences(before ?? {}, plain(after)).map(differenceText);
  for (const line of lines) console.log(line);
  if (lines.length === 0) console.log('The models are equal');
  return lines.length === 0 ? 0 : 1;
}

/** `model publish FILE`: 0 published or in effect already, 1 invalid; a version that is not in effect is refused. */
export async function publishFile(
  file: string,
  { workspace, by, expect }: InWorkspace & { by?: string; expect?: string },
): Promise<number> {
  const read = await readModel(file);
  if (!read) return 1;
  const expectedVersion = versionOf(expect);
  const published = await withStore(workspace, (store, slug) =>
    publishModel(store, slug, read.model, {
      by: by ?? userInfo().username,
      ...(expectedVersion !== undefined && { expectedVersion }),
    }),
  );
  const done = published.changed ? 'was published' : 'is in effect already; nothing was published';
  console.log(`Version ${published.version} ${done}`);
  return 0;
}

/** `model history` */
export const modelHistory = ({ workspace }: InWorkspace): Promise<void> =>
  withStore(workspace, async (store, slug) => {
    const rows = (await versionsOf(store, slug))
      .toReversed()
      .map(({ version, at, by, document }) => [String(version), at.toISOString(), by ?? '-', document.name]);
    console.log(table(['VERSION', 'PUBLISHED', 'BY', 'NAME'], rows));
  });

/** `model show [--model-version N]` prints a version as YAML. */
export async function showModel(options: InWorkspace & { modelVersion?: string }): Promise<void> {
  const wanted = versionOf(options.modelVersion);
  const version = await currentOf(options, wanted);
  if (!version)
    throw new Refused('model-not-found', `The journey model has no version ${String(wanted ?? 1)}`);
  process.stdout.write(printModel(version.document));
}

export interface Read {
  readonly model: JourneyModel;
  readonly warnings: number;
}

/** Prints faults and warnings on standard error, as compilers do. */
export async function readModel(file: string): Promise<Read | undefined> {
  const read = readModelText(file === '-' ? await text(process.stdin) : await textOf(file));
  const print = (severity: string, faults: readonly PlacedFault[]): void => {
    for (const { path, message, line, column } of faults)
      console.error(`${file}:${line}:${column}: ${severity}: ${[path, message].filter(Boolean).join(' ')}`);
  };
  if ('problem' in read) {
    print('error', read.faults);
    return undefined;
  }
  print('warning', read.warnings);
  return { model: read.model, warnings: read.warnings.length };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Refused('file-unreadable', `${file} cannot be read: ${reason}`);
  }
}

function versionOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (!/^\d{1,9}$/.test(given))
    throw new Refused('version-invalid', `${given} is not a version: they are 1, 2, 3 …`);
  return Number(given);
}

interface Version {
  readonly version: number;
  readonly at: Date;
  readonly by: string | undefined;
  readonly document: JourneyModel;
}

const PAGE = 100;

async function versionsOf(store: EventStore, workspace: string): Promise<readonly Version[]> {
  const versions: Version[] = [];
  for (;;) {
    const page = await store.readStream(workspace, MODEL_STREAM, versions.at(-1)?.version ?? 0, PAGE);
    for (const event of page)
      if (isEvent(event, 'JourneyModelPublished'))
        versions.push({
          version: event.version,
          at: event.occurredAt,
          by: event.data.by,
          document: event.data.document,
        });
    if (page.length < PAGE) return versions;
  }
}

/** The version in effect, or the one with a number. */
export const currentOf = ({ workspace }: InWorkspace, number?: number): Promise<Version | undefined> =>
  withStore(workspace, async (store, slug) => {
    const versions = await versionsOf(store, slug);
    return number === undefined ? versions.at(-1) : versions.find(({ version }) => version === number);
  });

/** @throws Refused `workspace-not-found` */
const withStore = <T>(
  workspace = FIRST_WORKSPACE,
  work: (store: EventStore, workspace: string) => Promise<T>,
): Promise<T> =>
  withRuntime(async ({ configuration, store }) => {
    if (!(await new Workspaces(configuration).find(workspace)))
      throw new Refused(
        'workspace-not-found',
        `The workspace "${workspace}" does not exist; \`npx touchline workspace list\` lists all`,
      );
    return work(store, workspace);
  });

/** As the log has it. */
const plain = (model: JourneyModel): unknown => JSON.parse(JSON.stringify(model)) as unknown;
const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
