// Keeps the server of `npm start` running: one that died is started again.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCode, onStopRequest, startNode, STOP_SIGNALS } from './run.mjs';

/** Between a death and the next start, doubled each time; a server that served for `calm` resets it. In ms. */
const BACK_OFF = { first: 1_000, longest: 30_000, calm: 60_000 };
/** EX_CONFIG of sysexits.h: settings or data that a restart does not change (src/process.ts). */
const CONFIGURATION = 78;

/**
 * Runs a server until somebody asks it to stop, and ends as it ends. What ends otherwise is started again once it has
 * served; a first start that fails ends with its exit code, and so does one that fails for its configuration. The
 * server says `serving` over IPC.
 *
 * @param {readonly string[]} args of node
 */
export async function supervise(args) {
  let stopping = false;
  let child;
  onStopRequest((signal) => {
    stopping = true;
    if (child === undefined) process.exit(0);
    child.kill(signal);
  });
  let hasServed = false;
  for (let pause = BACK_OFF.first; ; pause = Math.min(pause * 2, BACK_OFF.longest)) {
    child = startNode(args);
    const { code, signal, servedMs } = await endOf(child);
    child = undefined;
    hasServed ||= servedMs > 0;
    const requested = stopping || code === 0 || STOP_SIGNALS.includes(signal);
    if (requested || code === CONFIGURATION || !hasServed) process.exit(exitCode(code, signal));
    if (servedMs > BACK_OFF.calm) pause = BACK_OFF.first;
    const how = signal ?? `exit code ${code}`;
    console.error(`touchline: the server exited (${how}) and is restarted in ${pause / 1_000} s`);
    await sleep(pause);
  }
}

/** How a server ended, and for how long it had served: 0 when it never did. */
function endOf(child) {
  let servedAt;
  child.on('message', (message) => {
    if (message === 'serving') servedAt = performance.now();
  });
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      const end = () =>
        resolve({ code, signal, servedMs: servedAt === undefined ? 0 : performance.now() - servedAt });
      // What it said last may still be on its way.
      if (child.connected) child.once('disconnect', end);
      else end();
    });
  });
}
