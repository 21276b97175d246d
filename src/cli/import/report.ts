import type { Reason } from '../../intake/outcome.js';
import type { Imported } from './importer.js';
import { Summary } from './summary.js';

/** What the command says, about each file and in all. */
export class ImportReport {
  readonly #total = new Summary();
  #files = 0;
  #failed = false;

  constructor(private readonly isDryRun: boolean) {}

  get hasFailed(): boolean {
    return this.#failed || (this.isDryRun && this.#total.rejectedRows > 0);
  }

  /** @param line its last one that is imported, where it was not read to its end */
  file(name: string, { summary, isComplete, line, resumedAt, isNew }: Imported): void {
    this.#count(summary);
    if (!isNew) {
      console.log(`${name}: was imported before (${this.#describe(summary)}); --restart reads it again`);
      return;
    }
    console.log(
      `${name}: ${this.#describe(summary)}${resumedAt > 1 ? `, from line ${resumedAt} on in this run` : ''}`,
    );
    for (const row of summary.examples) console.log(`  ${name}:${row.line}: ${describeReason(row.reason)}`);
    const more = summary.rejectedRows - summary.examples.length;
    if (summary.examples.length > 0 && more > 0) console.log(`  and ${number.format(more)} more`);
    if (!isComplete) console.log(`${name}: stopped before line ${line}`);
  }

  unreadable(name: string, message: string): void {
    this.#failed = true;
    console.error(`touchline: ${name} cannot be read to its end: ${message}. The rows before are imported`);
  }

  unavailable(name: string, error: unknown): void {
    this.#failed = true;
    const message = error instanceof Error ? error.message : String(error);
    console.error(`touchline: ${name}: ${message}. Run the same command again to go on`);
  }

  /** @param isStopped by the user, before all files were read */
  end(isStopped: boolean): void {
    if (this.#files > 1) console.log(`${this.#files} files: ${this.#describe(this.#total)}`);
    if (this.isDryRun) console.log('Nothing was imported: this was a dry run');
    else if (this.#total.rejectedRows > 0)
      console.log('Rejected rows are kept: see GET /api/rejected. Correct and replay them there');
    if (isStopped && !this.isDryRun) console.log('Stopped. Run the same command again to go on');
  }

  #count(summary: Summary): void {
    this.#files += 1;
    this.#total.add(summary);
  }

  #describe(summary: Summary): string {
    const { rows, accepted, duplicate, rejected, rejectedRows, warned } = summary;
    return [
      `${number.format(rows)} rows`,
      `${number.format(accepted)} ${this.isDryRun ? 'valid' : 'accepted'}`,
      ...(this.isDryRun ? [] : [`${number.format(duplicate)} duplicate`]),
      `${number.format(rejectedRows)} rejected${byCode(rejected)}`,
      ...(warned.size > 0 ? [`warnings${byCode(warned)}`] : []),
    ].join(', ');
  }
}

/** E.g. ` (missing-field 15, unknown-kind 5)`. */
function byCode(counts: ReadonlyMap<string, number>): string {
  const codes = [...counts].map(([code, count]) => `${code} ${number.format(count)}`);
  return codes.length === 0 ? '' : ` (${codes.join(', ')})`;
}

/** E.g. `unknown-kind: kind must be one of …`. */
const describeReason = ({ code, message, path }: Reason): string =>
  `${code}: ${path === undefined ? '' : `${path} `}${message}`;

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
