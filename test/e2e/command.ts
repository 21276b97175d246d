import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const DIST = join(import.meta.dirname, '..', '..', 'dist');

export interface ProcessResult {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs a built program (`main.js`, `cli/main.js`) to its end, with nothing of our own environment but PATH. */
export function runBuilt(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ProcessResult> {
  return runToEnd(
    process.execPath,
    ['--import', join(DIST, 'preload.js'), join(DIST, program), ...args],
    env,
  );
}

export async function runToEnd(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProcessResult> {
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, error] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, error };
}
