import { existsSync } from 'node:fs';
import { ReportOpportunities } from '../../commands/report-opportunities.js';
import { readConfig } from '../../config.js';
import { placeholders } from '../../domain/placeholder.js';
import { Refused } from '../../domain/refused.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { Pipeline } from '../../intake/pipeline.js';
import { RejectedLog } from '../../intake/rejected.js';
import { WarningLog } from '../../intake/warnings.js';
import { prepareWorkspaces } from '../../prepare.js';
import { onStopRequest } from '../../process.js';
import type { OpenRuntime } from '../../runtime.js';
import { CollectorConfigs } from '../../workspaces/collector-configs.js';
import { Collectors, requireCollectorName } from '../../workspaces/collectors.js';
import { SecretBox } from '../../workspaces/secret-box.js';
import { Workspaces } from '../../workspaces/workspaces.js';
import { withRuntime } from '../with-runtime.js';
import { checkPeople, emptyDirectory, openDirectory, type PeopleDirectory } from './check-people.js';
import { ROW_TYPES, type RowType } from './csv-fields.js';
import { readMapping } from './csv-mapping.js';
import { DEFAULT_COLLECTOR } from './default-collector.js';
import { IMPORT_FORMATS, type ImportFormat } from './detect-format.js';
import { isTransient } from './fact-writer.js';
import { importFile, type ImportTarget } from './import-file.js';
import { UnreadableInput } from './input.js';
import { type InputFile, inputFiles } from './input-files.js';
import { ImportReport } from './report.js';

export interface ImportOptions {
  readonly workspace: string;
  readonly collector: string;
  readonly format?: string;
  readonly encoding?: string;
  readonly type?: string;
  readonly mapping?: string;
  readonly dryRun?: boolean;
  readonly restart?: boolean;
  /** Where the rows of lists of people go in which something was found. */
  readonly report?: string;
}

/** As a shell reports a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * `import FILE…`: beside a running server or alone. Run again after it was stopped or killed, it goes on where it was.
 *
 * @returns the exit code
 * @throws Refused `workspace-not-found`, `collector-not-found`, `file-not-found`, `format-unknown`, `type-unknown`, `encoding-unknown`, `mapping-invalid`,
 *   `header-invalid`
 */
export async function importFiles(paths: readonly string[], options: ImportOptions): Promise<number> {
  const stopping = new AbortController();
  const ignoreStops = onStopRequest(() => stopping.abort());
  try {
    const files = await inputFiles(paths);
    const choices = { ...(await choicesOf(options)), signal: stopping.signal, now: new Date() };
    const isOfPeople = choices.mapping.type === 'contacts';
    if (options.report !== undefined && !isOfPeople)
      throw new Refused('type-unknown', '--report is of lists of people: use it with --type contacts');
    return await (options.dryRun === true ? dryRun : importBeside)(choices, files, options);
  } finally {
    ignoreStops();
  }
}

type AllChoices = Choices & Pick<ImportTarget, 'signal' | 'now'>;

function dryRun(
  choices: AllChoices,
  files: readonly InputFile[],
  { report }: ImportOptions,
): Promise<number> {
  const target = { ...choices, ...dryRunParts() };
  if (target.mapping.type !== 'contacts') return importAll(target, files);
  return withDirectory(target, (people) => importAll(target, files, { people, report }));
}

/** Beside a running server or alone. */
function importBeside(
  choices: AllChoices,
  files: readonly InputFile[],
  options: ImportOptions,
): Promise<number> {
  return withRuntime(async (runtime, log) => {
    if (!(await new Workspaces(runtime.configuration).find(options.workspace))) {
      // On a data folder that no server ever used, `main` comes first and its keys are kept, as at a first start.
      await prepareWorkspaces(runtime, log);
      await requireWorkspace(runtime, options.workspace);
    }
    const target = { ...choices, ...(await partsOf(runtime, options)) };
    if (target.mapping.type !== 'contacts') return importAll(target, files);
    const people = await openDirectory(runtime.pool, runtime.store, target);
    return importAll(target, files, { people, report: options.report });
  });
}

type Parts = Pick<ImportTarget, 'store' | 'pipeline' | 'config'>;
type Choices = Omit<ImportTarget, 'signal' | 'now' | keyof Parts>;

async function choicesOf(options: ImportOptions): Promise<Choices> {
  const { workspace, collector, format, encoding, dryRun, restart, mapping } = options;
  requireCollectorName(collector, '--collector');
  const read = mapping === undefined ? {} : await readMapping(mapping);
  const type = options.type === undefined ? read.type : typeNamed(options.type);
  return {
    mapping: { ...read, ...(type && { type }) },
    ...{ workspace, collector, isDryRun: dryRun === true, restart: restart === true },
    format: format === undefined ? undefined : formatNamed(format),
    encoding: encoding === undefined ? undefined : encodingNamed(encoding),
  };
}

function formatNamed(name: string): ImportFormat {
  const found = IMPORT_FORMATS.find((format) => format === name);
  if (found) return found;
  throw new Refused('format-unknown', `"${name}" is not a format: use ${IMPORT_FORMATS.join(', ')}`);
}

function typeNamed(name: string): RowType {
  const found = ROW_TYPES.find((type) => type === name);
  if (found) return found;
  throw new Refused('type-unknown', `"${name}" is not a type of rows: use ${ROW_TYPES.join(', ')}`);
}

/** Undefined: the rows are read as they are. */
function encodingNamed(name: string): string | undefined {
  try {
    const { encoding } = new TextDecoder(name);
    return encoding === 'utf-8' ? undefined : encoding;
  } catch {
    throw new Refused('encoding-unknown', `"${name}" is not an encoding: use e.g. windows-1252 or utf-16le`);
  }
}

async function requireWorkspace({ configuration }: OpenRuntime, workspace: string): Promise<void> {
  if (await new Workspaces(configuration).find(workspace)) return;
  throw new Refused(
    'workspace-not-found',
    `The workspace "${workspace}" does not exist; \`npx touchline workspace list\` lists all`,
  );
}

/** A name that is misspelt would be no error later: its events would be new ones, of a collector that nobody has. */
async function requireCollector(
  collectors: Collectors,
  { workspace, collector }: ImportOptions,
): Promise<void> {
  if (collector === DEFAULT_COLLECTOR) return;
  const names = (await collectors.list(workspace)).map(({ name }) => name);
  if (names.includes(collector)) return;
  throw new Refused(
    'collector-not-found',
    `The collector "${collector}" does not exist in workspace "${workspace}", which has ${names.join(', ')}; ` +
      `without --collector events name "${DEFAULT_COLLECTOR}"`,
  );
}

async function partsOf(runtime: OpenRuntime, options: ImportOptions): Promise<Parts> {
  const { store, pool, config, configuration } = runtime;
  const { workspace, collector } = options;
  const secrets = new SecretBox(config.secretKeys, config.dataDir);
  await requireCollector(new Collectors(configuration, secrets), options);
  const configs = await new CollectorConfigs(configuration, secrets).load();
  const pipelineOptions = {
    warnings: new WarningLog(pool),
    isPlaceholder: placeholders(config.placeholders),
    opportunities: new ReportOpportunities(store),
  };
  return {
    store,
    pipeline: new Pipeline(store, new RejectedLog(pool), pipelineOptions),
    config: configs.find((one) => one.workspace === workspace && one.name === collector),
  };
}

/** Nothing is written to them. */
function dryRunParts(): Parts {
  const isPlaceholder = placeholders(readConfig(process.env).placeholders);
  const store = new MemoryEventStore();
  const pipeline = new Pipeline(store, { keep: () => Promise.resolve() }, { isPlaceholder });
  return { store, pipeline, config: undefined };
}

/** A dry run makes no database where there is none. */
function withDirectory(
  target: ImportTarget,
  work: (people: PeopleDirectory) => Promise<number>,
): Promise<number> {
  const { dataDir, databaseUrl } = readConfig(process.env);
  if (databaseUrl === undefined && !existsSync(dataDir)) return emptyDirectory().then(work);
  return withRuntime(async ({ pool, store }) => work(await openDirectory(pool, store, target)));
}

interface ListOptions {
  readonly people: PeopleDirectory;
  readonly report: string | undefined;
}

async function importAll(
  target: ImportTarget,
  files: readonly InputFile[],
  lists?: ListOptions,
): Promise<number> {
  const checked = lists && (await checkPeople(target, files, lists.people, lists.report));
  const report = new ImportReport(target.isDryRun);
  for (const file of files) {
    if (target.signal.aborted || !(await importOne(target, file, report))) break;
  }
  for (const line of checked ?? []) console.log(line);
  report.end(target.signal.aborted);
  if (target.signal.aborted) return INTERRUPTED;
  return report.hasFailed ? 1 : 0;
}

/** @returns whether it makes sense to go on with the next file */
async function importOne(target: ImportTarget, file: InputFile, report: ImportReport): Promise<boolean> {
  try {
    report.file(file.path, await importFile(target, file));
    return true;
  } catch (error) {
    if (error instanceof UnreadableInput) report.unreadable(file.path, error.message);
    else if (isTransient(error)) report.unavailable(file.path, error);
    else throw error;
    return error instanceof UnreadableInput;
  }
}
