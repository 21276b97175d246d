// Runs a Node program as a child and ends as it ends.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fail, nodeBinary } from './prepare.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const LOOK_MS = 250;

/**
 * The child stays in our process group, so Ctrl-C reaches it twice (from the terminal and from us) and `kill` of this
 * process once; it takes signals in quick succession for one. The IPC channel tells it when we were killed outright.
 *
 * @param {readonly string[]} args of node
 * @param {{ onExit?: (code: number) => number }} options onExit may change the exit code
 */
export function run(args, { onExit = (code) => code } = {}) {
  const child = spawn(nodeBinary(), args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`Cannot run Node: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(onExit(code ?? 128 + (constants.signals[signal] ?? 0))));
  endWithParent(child);
}

/** npm that is killed outright leaves us behind: then the child is stopped as if by SIGTERM. */
function endWithParent(child) {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) return;
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), LOOK_MS).unref();
}
