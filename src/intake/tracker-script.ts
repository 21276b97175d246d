import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, 'tracker', 'tracker.js');

let script: Promise<string> | undefined;

/** The tracker for pages that have none. It finds server and write key by its own address and attributes. */
export function trackerScript(): Promise<string> {
  script ??= readFile(FILE, 'utf8').catch((error: unknown) => {
    script = undefined;
    throw error;
  });
  return script;
}
