import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** A table on its way to its reader. */
export interface SentTable {
  readonly asOf: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/**
 * Resolves as soon as `work` sends its answer; `work` goes on for as long as that is read. What fails before is the error of the
 * request; what fails later ends the body, so that its reader sees that it is not complete.
 */
export function handOver(work: (send: (table: SentTable) => void) => Promise<void>): Promise<SentTable> {
  return new Promise((resolve, reject) => {
    let sent: Readable | undefined;
    const send = (table: SentTable): void => {
      sent = table.body;
      resolve(table);
    };
    work(send).catch((error: unknown) => {
      sent?.destroy(error instanceof Error ? error : new Error(String(error)));
      reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}

/** A snapshot that is older keeps too much of what was superseded since from being vacuumed. */
const MAX_MS = 3_600_000;

/** Resolves when all of it was taken, its reader has left, or an hour is over, which ends it. */
export async function isTaken(body: Readable): Promise<void> {
  const signal = AbortSignal.timeout(MAX_MS);
  await finished(body, { signal }).catch((error: unknown) => body.destroy(error as Error));
}
