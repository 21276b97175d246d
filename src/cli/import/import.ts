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
import { Workspaces } from '../../workspaces/workspaces.js';
import { withRuntime } from '../with-runtime.js';
import { IMPORT_FORMATS, type ImportFormat } from './detect-format.js';
import { importFile, type ImportTarget } from './import-file.js';
import { UnreadableInput } from './input.js';
import { type InputFile, inputFiles } from './input-files.js';
import { ImportReport } from './report.js';

export interface ImportOptions {
  readonly workspace: string;
  readonly collector: string;
  readonly format?: string;
  readonly encoding?: string;
  readonly dryRun?: boolean;
  readonly restart?: boolean;
}

/** As a shell reports a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * `import FILE…`: beside a running server or alone. Run again after it was stopped or killed, it goes on where it was.
 *
 * @returns the exit code
 * @throws Refused `workspace-not-found`, `file-not-found`, `format-unknown`, `encoding-unknown`
 */
export async function importFiles(paths: readonly string[], options: ImportOptions): Promise<number> {
  const stopping = new AbortController();
  const ignoreStops = onStopRequest(() => stopping.abort());
  try {
    const files = await inputFiles(paths);
    const choices = { ...choicesOf(options), signal: stopping.signal, now: new Date() };
    if (options.dryRun === true) return await importAll({ ...choices, ...dryRunParts() }, files);
    return await withRuntime(async (runtime, log) => {
      if (!(await new Workspaces(runtime.configuration).find(options.workspace))) {
        // On a data folder that no server ever used, `main` comes first and its keys are kept, as at a first start.
        await prepareWorkspaces(runtime, log);
        await requireWorkspace(runtime, options.workspace);
      }
      return importAll({ ...choices, ...partsOf(runtime) }, files);
    });
  } finally {
    ignoreStops();
  }
}

type Choices = Omit<ImportTarget, 'signal' | 'now' | 'store' | 'pipeline'>;

function choicesOf({ workspace, collector, format, encoding, dryRun, restart }: ImportOptions): Choices {
  return {
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

function partsOf({ store, pool, config }: OpenRuntime): Pick<ImportTarget, 'store' | 'pipeline'> {
  const isPlaceholder = placeholders(config.placeholders);
  const warnings = new WarningLog(pool);
  return { store, pipeline: new Pipeline(store, new RejectedLog(pool), { warnings, isPlaceholder }) };
}

/** Nothing is written to them. */
function dryRunParts(): Pick<ImportTarget, 'store' | 'pipeline'> {
  const isPlaceholder = placeholders(readConfig(process.env).placeholders);
  const store = new MemoryEventStore();
  return { store, pipeline: new Pipeline(store, { keep: () => Promise.resolve() }, { isPlaceholder }) };
}

async function importAll(target: ImportTarget, files: readonly InputFile[]): Promise<number> {
  const report = new ImportReport(target.isDryRun);
  for (const file of files) {
    if (target.signal.aborted) break;
    await importOne(target, file, report);
  }
  report.end(target.signal.aborted);
  if (target.signal.aborted) return INTERRUPTED;
  return report.hasFailed ? 1 : 0;
}

async function importOne(target: ImportTarget, file: InputFile, report: ImportReport): Promise<void> {
  try {
    report.file(file.path, await importFile(target, file));
  } catch (error) {
    if (!(error instanceof UnreadableInput)) throw error;
    report.unreadable(file.path, error.message);
  }
}
