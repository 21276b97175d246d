import { writeFile } from 'node:fs/promises';
import { ReportOpportunities } from '../src/commands/report-opportunities.js';
import { placeholders } from '../src/domain/placeholder.js';
import type { EventStore } from '../src/event-store/event-store.js';
import { Pipeline } from '../src/intake/pipeline.js';
import type { Origin, RejectedInput } from '../src/intake/rejected.js';
import type { ImportTarget } from '../src/cli/import/import-file.js';
import type { InputFile } from '../src/cli/import/input-files.js';

/** What `touchline import` would be called with. */
export function importTarget(store: EventStore, changes: Partial<ImportTarget> = {}) {
  const rejected: (RejectedInput & Origin)[] = [];
  const keep = (inputs: readonly (RejectedInput & Origin)[]): Promise<void> => {
    rejected.push(...inputs);
    return Promise.resolve();
  };
  const options = { isPlaceholder: placeholders(), opportunities: new ReportOpportunities(store) };
  const target: ImportTarget = {
    ...{ store, pipeline: new Pipeline(store, { keep }, options) },
    ...{
      workspace: 'main',
      collector: 'import',
      config: undefined,
      format: undefined,
      mapping: {},
      encoding: undefined,
    },
    ...{ isDryRun: false, restart: false, signal: new AbortController().signal, now: new Date() },
    ...changes,
  };
  return { target, rejected };
}

/** A file of a test. */
export async function inputFile(path: string, content: string | Buffer): Promise<InputFile> {
  await writeFile(path, content);
  return { path, bytes: Buffer.byteLength(content) };
}
