import { hash } from 'node:crypto';
import { basename } from 'node:path';
import type { EventStore } from '../../event-store/event-store.js';
import type { Pipeline } from '../../intake/pipeline.js';
import type { CollectorConfig } from '../../workspaces/collector-config.js';
import { CatalogueWriter } from './catalogue-writer.js';
import { isCatalogueType } from './csv-fields.js';
import type { CsvMapping } from './csv-mapping.js';
import { csvRows, openCsv } from './csv-rows.js';
import { detectFormat, type ImportFormat } from './detect-format.js';
import { DryRunWriter } from './dry-run-writer.js';
import { FactWriter, type RowWriter } from './fact-writer.js';
import { Importer, type Imported, type ImporterOptions } from './importer.js';
import { Input, STDIN } from './input.js';
import { fingerprint, type InputFile } from './input-files.js';
import { nativeRows, segmentRows } from './json-rows.js';
import { snowplowRows } from './snowplow-rows.js';
import { ImportProgress } from './progress-bar.js';
import type { RowSource } from './rejected-rows.js';
import type { RowReader } from './row-reader.js';
import { lineEnd } from './row-splitter.js';

/** What all files of one command have in common. */
export interface ImportTarget {
  readonly store: EventStore;
  readonly pipeline: Pipeline;
  readonly workspace: string;
  readonly collector: string;
  /** Of the collector, where that is configured: its mapping applies. */
  readonly config: CollectorConfig | undefined;
  /** Undefined: detected from the rows. */
  readonly format: ImportFormat | undefined;
  /** Of CSV files. */
  readonly mapping: CsvMapping;
  /** Of text that is not UTF-8. */
  readonly encoding: string | undefined;
  readonly isDryRun: boolean;
  readonly restart: boolean;
  readonly signal: AbortSignal;
  readonly now: Date;
}

/** Imports one file. @throws UnreadableInput, StoreUnavailable, Refused `format-unknown`, `mapping-invalid` */
export async function importFile(target: ImportTarget, { path, bytes }: InputFile): Promise<Imported> {
  const input = new Input(path, target.encoding);
  let display: ImportProgress | undefined;
  try {
    const { isDryRun, restart, store, signal, now } = target;
    const start = await input.peek();
    // Of an empty file, as other programs leave them beside theirs, there is nothing to find out.
    const format = target.format ?? (start.length === 0 ? 'native' : detectFormat(path, start));
    const identity = path === STDIN ? undefined : await fingerprint(path);
    const source = {
      name: path === STDIN ? 'stdin' : basename(path),
      identity: identity ?? now.toISOString(),
    };
    const importer = new Importer({
      ...{ store, restart, ...rowsOf(target, format, source, start) },
      source: identity === undefined || isDryRun ? undefined : progressSource(target, format, identity),
      onProgress: ({ summary }) => {
        display ??= new ImportProgress(source.name, bytes, summary.rows);
        display.show(summary.rows, input.bytesRead);
      },
    });
    return await importer.run(input, signal);
  } finally {
    display?.end();
    input.close();
  }
}

type Rows = Pick<ImporterOptions, 'writer' | 'findEnd' | 'start'>;

const LINES: Readonly<Record<Exclude<ImportFormat, 'csv'>, RowReader>> = {
  native: nativeRows,
  segment: segmentRows,
  snowplow: snowplowRows,
};

/** How the rows of a file are found, and where they go. */
function rowsOf(target: ImportTarget, format: ImportFormat, source: RowSource, start: Buffer): Rows {
  if (format !== 'csv') return { writer: factWriter(target, LINES[format], source), findEnd: lineEnd };
  const { type, read, ...rows } = openCsv(source.name, start, target.mapping);
  const writer = isCatalogueType(type)
    ? new CatalogueWriter({ ...target, origin: originOf(target), type, read, source })
    : factWriter(target, csvRows(type, read), source);
  return { ...rows, writer };
}

function factWriter(target: ImportTarget, reader: RowReader, source: RowSource): RowWriter {
  const facts = factsOf(target, reader, source);
  return target.isDryRun ? new DryRunWriter(facts) : facts;
}

/** What makes facts of the rows of a file. */
export const factsOf = (target: ImportTarget, reader: RowReader, source: RowSource): FactWriter =>
  new FactWriter({ pipeline: target.pipeline, reader, source, origin: originOf(target) });

const originOf = ({ workspace, collector, config, now }: ImportTarget) => ({
  ...{ workspace, collector, receivedAt: now },
  ...(config && { config }),
});

/** The same file read in another way is another import. */
export function progressSource(
  target: Pick<ImportTarget, 'workspace' | 'collector' | 'encoding' | 'mapping'>,
  format: ImportFormat,
  identity: string,
): string {
  const { workspace, collector, encoding = null, mapping } = target;
  const way = JSON.stringify([workspace, collector, format, encoding, format === 'csv' && mapping, identity]);
  return `import:${hash('sha256', way, 'base64url')}`;
}
