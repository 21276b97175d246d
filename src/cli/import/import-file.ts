import { hash } from 'node:crypto';
import { basename } from 'node:path';
import type { EventStore } from '../../event-store/event-store.js';
import type { Pipeline } from '../../intake/pipeline.js';
import { detectFormat, type ImportFormat } from './detect-format.js';
import { DryRunWriter } from './dry-run-writer.js';
import { FactWriter } from './fact-writer.js';
import { Importer, type Imported } from './importer.js';
import { Input, STDIN } from './input.js';
import { fingerprint, type InputFile } from './input-files.js';
import { nativeRows, segmentRows } from './json-rows.js';
import { ImportProgress } from './progress-bar.js';
import type { RowReader } from './row-reader.js';
import { lineEnd } from './row-splitter.js';

/** What all files of one command have in common. */
export interface ImportTarget {
  readonly store: Pick<EventStore, 'record' | 'progressOf'>;
  readonly pipeline: Pipeline;
  readonly workspace: string;
  readonly collector: string;
  /** Undefined: told by the rows. */
  readonly format: ImportFormat | undefined;
  /** Of text that is not UTF-8. */
  readonly encoding: string | undefined;
  readonly isDryRun: boolean;
  readonly restart: boolean;
  readonly signal: AbortSignal;
  readonly now: Date;
}

/** Imports one file. @throws UnreadableInput, StoreUnavailable, Refused `format-unknown` */
export async function importFile(target: ImportTarget, { path, bytes }: InputFile): Promise<Imported> {
  const input = new Input(path, target.encoding);
  try {
    const format = target.format ?? detectFormat(path, await input.peek());
    return await importRows(target, { path, bytes }, input, format);
  } finally {
    input.close();
  }
}

const READERS: Readonly<Record<ImportFormat, RowReader>> = { native: nativeRows, segment: segmentRows };

async function importRows(
  target: ImportTarget,
  { path, bytes }: InputFile,
  input: Input,
  format: ImportFormat,
): Promise<Imported> {
  const { store, isDryRun, restart, signal, now } = target;
  const identity = path === STDIN ? undefined : await fingerprint(path);
  const facts = writerOf(target, READERS[format], path, identity ?? now.toISOString());
  let display: ImportProgress | undefined;
  const importer = new Importer({
    ...{ store, restart, findEnd: lineEnd },
    writer: isDryRun ? new DryRunWriter(facts) : facts,
    source: identity === undefined || isDryRun ? undefined : sourceOf(target, format, identity),
    onProgress: ({ summary }) => {
      display ??= new ImportProgress(basename(path), bytes, 0);
      display.show(summary.rows, input.bytesRead);
    },
  });
  return importer.run(input, signal).finally(() => display?.end());
}

function writerOf(
  { pipeline, workspace, collector, now }: ImportTarget,
  reader: RowReader,
  path: string,
  identity: string,
): FactWriter {
  const source = { name: path === STDIN ? 'stdin' : basename(path), identity };
  return new FactWriter({ pipeline, reader, source, origin: { workspace, collector, receivedAt: now } });
}

/** The same file read in another way is another import. */
function sourceOf(
  { workspace, collector, encoding }: ImportTarget,
  format: ImportFormat,
  identity: string,
): string {
  const way = JSON.stringify([workspace, collector, format, encoding ?? null, identity]);
  return `import:${hash('sha256', way, 'base64url')}`;
}
