import type { RecordedEvent } from '../domain/events.js';

const SMALLEST = 50;
/** JSON text of one page; in memory it is about four times that, and two pages are there at once. */
const PAGE_BYTES = 4_000_000;
const SAMPLES = 8;

/** How many positions to take at a time: grown while batches are quick, halved when one is slow or cut off, bounded in bytes. */
export class BatchSize {
  private size: number;
  private byteBound = Infinity;

  constructor(
    private readonly largest: number,
    /** A batch should take about this long. */
    private readonly targetMs: number,
  ) {
    this.size = Math.min(500, largest);
  }

  get limit(): number {
    return Math.max(1, Math.min(this.size, this.byteBound, this.largest));
  }

  /**
   * Learns from a page read; it may hold much larger events than those before. What a few large events made small grows again
   * page by page, also while nothing is to be seen of events.
   */
  sawPage(events: readonly RecordedEvent[]): void {
    this.byteBound *= 2;
    if (events.length === 0) return;
    const step = Math.max(1, Math.floor(events.length / SAMPLES));
    const sample = events.filter((_, index) => index % step === 0);
    const bytes = sample.reduce((sum, { data }) => sum + JSON.stringify(data).length, 0) / sample.length;
    this.byteBound = Math.min(this.byteBound, Math.max(1, Math.floor(PAGE_BYTES / Math.max(1, bytes))));
  }

  /** Learns from a batch applied; `full`: it was as large as allowed. */
  applied(ms: number, full: boolean): void {
    if (ms > this.targetMs * 1.5)
      this.size = Math.min(this.size, Math.max(SMALLEST, Math.floor(this.size / 2)));
    else if (full && ms < this.targetMs / 2) this.size = Math.min(this.largest, this.size * 2);
  }

  /**
   * Learns from a batch that was cut off: on a machine so busy that the work between two statements, or one statement, takes
   * longer than it may, the same batch would be cut off again.
   */
  cutOff(): void {
    this.size = Math.max(1, Math.floor(this.size / 2));
  }
}
