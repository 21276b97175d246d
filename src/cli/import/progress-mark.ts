import type { Progress } from '../../event-store/event-store.js';
import type { RowPosition } from './row-splitter.js';
import { Summary, type SummaryJson } from './summary.js';

/** How far a file is imported: everything before the position is in the log, or in `rejected`. */
export interface FileProgress extends RowPosition {
  /** Of the rows before the position. */
  readonly summary: Summary;
  readonly isComplete: boolean;
}

/** As the log keeps it. The mark holds what an offset does not say. */
export function toProgress(source: string, progress: FileProgress, restarted: boolean): Progress {
  const { offset, line, summary, isComplete } = progress;
  return {
    ...{ source, next: BigInt(offset), mark: JSON.stringify({ line, summary, isComplete }) },
    ...(restarted && { restarted }),
  };
}

export function fromProgress({ next, mark }: Progress): FileProgress {
  const { line, summary, isComplete } = JSON.parse(mark ?? '') as Mark;
  return { offset: Number(next), line, isComplete, summary: Summary.from(summary) };
}

interface Mark extends Pick<FileProgress, 'line' | 'isComplete'> {
  readonly summary: SummaryJson;
}
