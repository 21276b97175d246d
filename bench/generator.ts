import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadJob, LoadResult } from './load-job.js';

/** Runs one job in a load generator of its own process. @throws Error when it dies */
export async function generate(job: LoadJob): Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, 'load.ts'));
  child.send(job);
  const answer = once(child, 'message') as Promise<[LoadResult]>;
  const died = once(child, 'exit').then(([code]) =>
    Promise.reject<[LoadResult]>(new Error(`the load generator ended with ${String(code)}`)),
  );
  died.catch(() => undefined);
  const [seen] = await Promise.race([answer, died]);
  return seen;
}
