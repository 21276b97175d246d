import { startEmbedded } from '../src/database/embedded.js';

/** A process that owns an embedded server, for tests that kill it: `node --import test/typescript-hooks.mjs … FOLDER`. */
const { url, pid } = await startEmbedded({ dataDir: process.argv[2] ?? '', initdbFlags: ['--no-sync'] });
process.stdout.write(`${JSON.stringify({ url, pid: pid() })}\n`);
setInterval(() => undefined, 1_000_000);
