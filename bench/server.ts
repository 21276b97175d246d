import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, ServerProcess } from '../test/e2e/server-process.js';

/** Runs `work` with a server of its own, embedded PostgreSQL with fsync on, in a folder that is removed afterwards. */
export function withServer<T>(
  env: Readonly<Record<string, string>>,
  work: (server: ServerProcess, port: number, dataDir: string) => Promise<T>,
): Promise<T> {
  return inFolder(async (dataDir) => {
    const port = await freePort();
    const server = await ServerProcess.start({ dataDir, port, env });
    try {
      return await work(server, port, dataDir);
    } catch (error) {
      console.error(server.output);
      throw error;
    } finally {
      await server.stop();
    }
  });
}

/** BENCH_DIR chooses the disk; with BENCH_KEEP=true the folder stays, to look into it. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(process.env.BENCH_DIR ?? tmpdir(), 'touchline-bench-'));
  if (process.env.BENCH_KEEP === 'true') console.error(`kept: ${folder}`);
  return work(folder).finally(() =>
    process.env.BENCH_KEEP === 'true' ? undefined : rm(folder, { recursive: true, force: true }),
  );
}
