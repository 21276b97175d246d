import progress from 'cli-progress';
import { duration } from '../duration.js';

/** Between two lines where there is no terminal for a bar. */
const LINE_MS = 5_000;

/** Shows how far a file is imported. */
export class ImportProgress {
  readonly #bar: progress.SingleBar | undefined;
  readonly #began = performance.now();
  #nextLine = performance.now() + LINE_MS;

  /**
   * @param bytes of the file; undefined: nobody knows how much will come
   * @param rowsBefore imported by earlier runs
   * @param noun what is counted
   */
  constructor(
    private readonly name: string,
    private readonly bytes: number | undefined,
    private readonly rowsBefore: number,
    private readonly noun = 'rows',
  ) {
    if (!process.stderr.isTTY) return;
    this.#bar = new progress.SingleBar({
      ...{ stream: process.stderr, hideCursor: true, clearOnComplete: true },
      ...{ barCompleteChar: '█', barIncompleteChar: '░' },
      format: bytes === undefined ? '{name} {how}' : '{name} {bar} {percentage} % {how}',
    });
    this.#bar.start(bytes ?? 1, 0, { name, how: '' });
  }

  /** @param bytesRead of the file as it is there */
  show(rows: number, bytesRead: number): void {
    const how = this.#pace(rows, bytesRead);
    if (this.#bar) this.#bar.update(this.bytes === undefined ? 0 : bytesRead, { how });
    else if (performance.now() > this.#nextLine) {
      this.#nextLine = performance.now() + LINE_MS;
      console.error(`${this.name}: ${how}`);
    }
  }

  end(): void {
    this.#bar?.stop();
  }

  #pace(rows: number, bytesRead: number): string {
    const seconds = (performance.now() - this.#began) / 1_000;
    return describePace({
      ...{ rows, seconds, newRows: rows - this.rowsBefore, noun: this.noun },
      share: this.bytes === undefined ? undefined : bytesRead / Math.max(1, this.bytes),
    });
  }
}

export interface Pace {
  /** Imported so far. */
  readonly rows: number;
  /** Of them by this run. */
  readonly newRows: number;
  readonly seconds: number;
  /** What is counted; default: rows. */
  readonly noun?: string;
  /** Of the file that was read; undefined: its size is not known. */
  readonly share: number | undefined;
}

/** E.g. `450,000 rows, 31,000 rows/s, 26 s left`. */
export function describePace({ rows, newRows, seconds, share, noun = 'rows' }: Pace): string {
  const parts = [`${number.format(rows)} ${noun}`];
  if (newRows > 0 && seconds > 0) {
    parts.push(`${number.format(newRows / seconds)} ${noun}/s`);
    // Rows of earlier runs are only read past: those of this run, and those that are left, take the time.
    const left = share === undefined || share === 0 ? undefined : (rows / share - rows) / (newRows / seconds);
    if (left !== undefined) parts.push(`${duration(Math.max(0, left))} left`);
  }
  return parts.join(', ');
}

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
