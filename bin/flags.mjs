import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PRELOAD = join(import.meta.dirname, '..', 'dist', 'preload.js');

/**
 * Flags of Node for a server. Left alone, V8 sizes its heap by the machine and collects late; nothing Touchline does needs
 * more than this, and bounded queues keep it so. New objects get 3 × 16 MB: with 3 × 64 MB, V8's own choice, a server takes 70 MB
 * more and not less time (docs/performance.md). NODE_OPTIONS with another size goes before.
 */
export const serverFlags = (options = process.env.NODE_OPTIONS ?? '') => [
  `--import=${pathToFileURL(PRELOAD).href}`,
  ...['--max-old-space-size=512', '--max-semi-space-size=16'].filter((flag) => !isGiven(flag, options)),
];

/** V8 takes `_` for `-` in the names of its flags. */
const isGiven = (flag, options) => options.replaceAll('_', '-').includes(flag.split('=')[0]);
