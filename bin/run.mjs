// Runs a Node program as a child and ends as it ends.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fail, nodeBinary } from './prepare.mjs';

const LOOK_MS = 250;

/** Signals that ask a program to end. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/**
 * @param {readonly string[]} args of node
 * @param {{ onExit?: (code: number) => number }} options onExit may change the exit code
 */
export function run(args, { onExit = (code) => code } = {}) {
  const child = startNode(args);
  onStopRequest((signal) => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(onExit(exitCode(code, signal))));
}

/**
 * The child stays in our process group, so Ctrl-C reaches it twice (from the terminal and from us) and `kill` of this
 * process once; it takes signals in quick succession for one. The IPC channel closes when we were killed outright.
 *
 * @param {readonly string[]} args of node
 * @returns {ChildProcess}
 */
export function startNode(args) {
  const child = spawn(nodeBinary(), args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  child.on('error', (error) => fail(`Cannot run Node: ${error.message}`));
  return child;
}

/**
 * Calls back at each signal that asks us to end, and when npm was killed outright and left us behind.
 *
 * @param {(signal: NodeJS.Signals) => void} onStop
 */
export function onStopRequest(onStop) {
  for (const signal of STOP_SIGNALS) process.on(signal, () => onStop(signal));
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) return;
  setInterval(() => process.ppid !== parent && onStop('SIGTERM'), LOOK_MS).unref();
}

/** As a shell reports it: 128 and the number of the signal that ended it. */
export const exitCode = (code, signal) => code ?? 128 + (constants.signals[signal] ?? 0);
