import { open, type FileHandle } from 'node:fs/promises';
import { csvCell } from '../../domain/csv-cell.js';
import { type CheckedRow, type Finding, type FindingCode, FINDINGS } from '../../domain/list-check.js';

/** A row of a list with what was found in it. */
export interface ReportedRow extends Partial<CheckedRow> {
  readonly file: string;
  readonly line: number;
  readonly email?: string | undefined;
  readonly findings: readonly Finding[];
}

/** So many rows are shown of each finding; the file of the report has all. */
const SHOWN = 3;
const HEADER = ['file', 'line', 'email', 'person', 'lead_ids', 'finding', 'explanation'];

interface Found {
  rows: number;
  readonly examples: string[];
}

/** What was found in lists of people: rows by finding, with examples, and each row in a file where one is asked for. */
export class ListReport {
  readonly #found = new Map<FindingCode, Found>();
  #rows = 0;
  #file: FileHandle | undefined;

  /** @param path where each row with findings goes, as CSV; undefined: nowhere */
  constructor(private readonly path?: string) {}

  async add(rows: readonly ReportedRow[]): Promise<void> {
    this.#rows += rows.length;
    for (const row of rows)
      for (const code of new Set(row.findings.map((each) => each.code))) this.#count(code, row);
    await this.#write(rows.flatMap(linesOf));
  }

  async close(): Promise<void> {
    if (this.path !== undefined && !this.#file) await this.#write([]);
    await this.#file?.close();
  }

  /** @param asOf the position of the log at which people were known */
  lines({ newPeople, knownLeads }: People, asOf: bigint): readonly string[] {
    const codes = FINDINGS.filter((code) => this.#found.has(code));
    const width = Math.max(0, ...codes.map((code) => code.length));
    return [
      `People in ${count(this.#rows)} rows: ${count(newPeople)} new, ${count(knownLeads)} known as of position ${asOf}`,
      ...codes.map((code) => {
        const { rows, examples } = this.#found.get(code) ?? { rows: 0, examples: [] };
        const more = rows > examples.length ? ' …' : '';
        return `  ${code.padEnd(width)}  ${count(rows).padStart(9)}  ${examples.join('; ')}${more}`;
      }),
      ...(this.path === undefined ? [] : [`Each of these rows is in ${this.path}`]),
    ];
  }

  #count(code: FindingCode, { file, line, email }: ReportedRow): void {
    const found = this.#found.get(code) ?? { rows: 0, examples: [] };
    this.#found.set(code, found);
    found.rows += 1;
    if (found.examples.length < SHOWN)
      found.examples.push(`${file}:${line}${email === undefined ? '' : ` ${email}`}`);
  }

  async #write(lines: readonly (readonly (string | null)[])[]): Promise<void> {
    if (this.path === undefined) return;
    const isNew = !this.#file;
    this.#file ??= await open(this.path, 'w', 0o600);
    const all = isNew ? [HEADER, ...lines] : lines;
    await this.#file.appendFile(all.map((line) => `${line.map(csvCell).join(',')}\r\n`).join(''));
  }
}

interface People {
  readonly newPeople: number;
  readonly knownLeads: number;
}

function linesOf({ file, line, email, leadIds, findings }: ReportedRow): (string | null)[][] {
  const person = leadIds && (leadIds.length === 0 ? 'new' : 'known');
  const leads = leadIds && leadIds.length > 0 ? leadIds.join(' ') : null;
  return findings.map(({ code, text }) => [
    ...[file, String(line), email ?? null, person ?? null, leads, code, text],
  ]);
}

const number = new Intl.NumberFormat('en');
const count = (value: number): string => number.format(value);
