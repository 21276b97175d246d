import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSecrets } from '../../src/workspaces/saved-secrets.js';
import { until } from '../until.js';
import { runToEnd } from './command.js';
import { freePort, ServerProcess } from './server-process.js';

const ROOT = join(import.meta.dirname, '..', '..');
const NO_KEYS = { TOUCHLINE_WRITE_KEY: '', TOUCHLINE_SERVER_WRITE_KEY: '', TOUCHLINE_API_KEY: '' };

let dataDir: string;
let server: ServerProcess;
let keys: Record<string, string>;
let readme: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-quick-start-'));
  server = await ServerProcess.start({ dataDir, port: await freePort(), env: NO_KEYS, fromScratch: true });
  const kept = (await readSecrets(dataDir)).keys;
  keys = { WRITE_KEY: kept?.writeKey ?? '', API_KEY: kept?.apiKey ?? '' };
  readme = (await readFile(join(ROOT, 'README.md'), 'utf8')).replaceAll('http://localhost:3000', server.url);
}, 120_000);
afterAll(async () => {
  await server?.stop();
  await rm(dataDir ?? '', { recursive: true, force: true });
});

/** The code of a language in the README that holds a text. */
function block(language: string, text: string): string {
  const blocks = [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, code]) => code,
  );
  const found = blocks.find((code) => code?.includes(text));
  if (found === undefined) throw new Error(`no ${language} in the README has ${text}`);
  return found;
}

const shell = (code: string) => runToEnd('sh', ['-c', code], keys);

test('tracker, opportunity and query of the README work with the public key, and the whole opportunity is attributed', async () => {
  expect(keys.WRITE_KEY).toMatch(/^wk_/);
  const tracker = block('js', '@segment/analytics-node');
  const tracked = await runToEnd(process.execPath, ['--input-type=module', '-e', tracker], keys);
  expect(tracked).toMatchObject({ code: 0, error: '' });

  expect(await shell(block('sh', '"opportunityId": "globex-2026"'))).toMatchObject({ code: 0 });
  const question = block('sh', 'model=linear&by=content&metric=revenue"');
  const revenue = async () =>
    JSON.parse((await shell(question)).out) as { attributed?: object; unattributed?: object };
  const isAttributed = async () => JSON.stringify((await revenue()).attributed).includes('120000.00');
  expect(await until(isAttributed, 20_000)).toBe(true);
  expect(await revenue()).toMatchObject({
    attributed: { amount: '120000.00' },
    unattributed: { amount: '0.00' },
  });
}, 60_000);

test('the journey of the README’s lead includes the touchpoints of the anonymous visitor', async () => {
  const [, journey = ''] = /^(curl .*email:ada@globex.example\/journey.*)$/m.exec(readme) ?? [];
  const { items } = JSON.parse((await shell(journey)).out) as { items: { kind: string }[] };
  expect(items.map(({ kind }) => kind)).toEqual(['page_view', 'page_view', 'demo_request']);
});
