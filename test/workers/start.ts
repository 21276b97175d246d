import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts a TypeScript file as a process of its own, and waits until it prints its first line. */
export async function startWorker(file: string, args: readonly string[]): Promise<ChildProcess> {
  const hooks = fileURLToPath(new URL('../typescript-hooks.mjs', import.meta.url));
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--import', hooks, script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${file} ended with ${String(code)}`))),
  ]);
  return child;
}

/** Kills a process started here, with SIGKILL or another signal, and waits for its exit. */
export async function endWorker(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
