import type { Progress } from '../../event-store/event-store.js';
import { isObject } from '../../intake/json.js';
import { parseJson } from '../../intake/json.js';
import type { RowPosition } from './row-splitter.js';
import { Summary } from './summary.js';

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
  const value = parseJson(mark ?? '');
  if (!isObject(value)) throw new Error('the progress of an import has no mark');
  const { line, summary, isComplete } = value;
  return {
    ...{ offset: Number(next), line: Number(line), isComplete: isComplete === true },
    summary: Summary.from(summary),
  };
}
