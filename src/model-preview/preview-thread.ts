import { parentPort, workerData } from 'node:worker_threads';
import { createPool } from '../database/database.js';
import { yieldThread } from '../niceness.js';
import { previewModel, type PreviewRequest } from './preview-model.js';

/** What the thread is started with. */
export interface PreviewThreadData {
  /** Holds a password. */
  readonly databaseUrl: string;
  readonly request: PreviewRequest;
}

/** One preview in a thread of its own, which is ended when nobody waits for it any more. */
async function run(port: NonNullable<typeof parentPort>, data: PreviewThreadData): Promise<void> {
  yieldThread();
  const pool = createPool(data.databaseUrl, {
    ...{ max: 1, applicationName: 'touchline preview' },
    // When the thread is ended PostgreSQL ends its query too; else it would notice once it has rows to send.
    settings: { client_connection_check_interval: '1s' },
  });
  for await (const line of previewModel(pool, data.request, new AbortController().signal))
    port.postMessage(line);
  await pool.end();
}

if (parentPort) await run(parentPort, workerData as PreviewThreadData);
