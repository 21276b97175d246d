import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { PreviewLine, PreviewRequest, RunPreview } from './preview-model.js';
import type { PreviewThreadData } from './preview-thread.js';

const THREAD = new URL('./preview-thread.js', import.meta.url);

/** Previews in threads of their own: folding journeys holds up no other request. */
export const previewInThread = (databaseUrl: string): RunPreview =>
  async function* inThread(request: PreviewRequest, signal: AbortSignal): AsyncGenerator<PreviewLine> {
    const data: PreviewThreadData = { databaseUrl, request };
    const worker = new Worker(THREAD, { workerData: data });
    try {
      const messages = on(worker, 'message', { close: ['exit'], signal }) as AsyncIterable<[PreviewLine]>;
      for await (const [line] of messages) yield line;
    } finally {
      await worker.terminate();
    }
  };
