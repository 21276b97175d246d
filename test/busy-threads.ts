import { parentPort, Worker } from 'node:worker_threads';
import { yieldThread } from '../src/niceness.js';

/**
 * Two threads that are busy, one of which yields; pinned to one processor by the caller. Prints how much of that the yielding one
 * got for each part of the other: `taskset -c 0 node --import test/typescript-hooks.mjs …`
 */
const CPU_SECONDS = 0.5;

const cpuSeconds = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
};

if (parentPort) {
  yieldThread();
  const began = cpuSeconds();
  const stop = new Int32Array(
    await new Promise<SharedArrayBuffer>((got) => parentPort?.once('message', got)),
  );
  Atomics.store(stop, 1, 1);
  while (Atomics.load(stop, 0) === 0);
  parentPort.postMessage(cpuSeconds() - began);
} else {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL(import.meta.url));
  worker.postMessage(shared.buffer);
  const got = new Promise<number>((resolve) => worker.once('message', resolve));
  while (Atomics.load(shared, 1) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const began = cpuSeconds();
  while (cpuSeconds() - began < CPU_SECONDS);
  const own = cpuSeconds() - began;
  Atomics.store(shared, 0, 1);
  console.log((await got) / own);
}
