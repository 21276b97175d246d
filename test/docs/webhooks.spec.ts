import { afterEach, expect, test } from '@jest/globals';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { makeSecret, signedHeaders } from '../../src/webhooks/signature.js';
import { endWorker } from '../workers/start.js';
import { until } from '../until.js';

const page = await readFile(new URL('../../docs/how-to/webhooks.md', import.meta.url), 'utf8');
const example = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page)?.[1] ?? '';
const SECRET = makeSecret();
const BODY = JSON.stringify({ type: 'lead.rotten', timestamp: 't', data: { leadId: 'l-1', name: 'Zoë' } });

let child: ChildProcess | undefined;
let folder: string | undefined;
afterEach(async () => {
  if (child) await endWorker(child);
  if (folder) await rm(folder, { recursive: true });
  child = folder = undefined;
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('the receiver in Node of docs/how-to/webhooks.md takes what is signed and nothing else', async () => {
  // Inside the project, where the package is found.
  folder = await mkdtemp(join(import.meta.dirname, '.example-'));
  const file = join(folder, 'receiver.mjs');
  await writeFile(file, example('js'));
  const port = await freePort();
  const env = { ...process.env, WEBHOOK_SECRET: SECRET, PORT: String(port) };
  child = spawn(process.execPath, [file], { env, stdio: 'ignore' });
  const post = (headers: object, body = BODY): Promise<number> =>
    fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body,
      headers: { ...headers } as Record<string, string>,
    }).then(({ status }) => status);
  const signed = signedHeaders('msg_1', BODY, [makeSecret(), SECRET], new Date());
  expect(
    await until(
      () =>
        post(signed)
          .then((status) => status === 204)
          .catch(() => false),
      20_000,
    ),
  ).toBe(true);
  expect(await post(signed, `${BODY} `)).toBe(401);
  expect(await post({})).toBe(401);
});

const python = spawnSync('python3', ['--version']).status === 0;
(python ? test : test.skip)(
  'the function in Python of docs/how-to/webhooks.md verifies what is signed and nothing else',
  () => {
    const verify = (headers: object, body: string): string => {
      const script = `${example('python')}\nimport sys\ngiven = json.load(sys.stdin)\nprint(verify(given["secret"], given["headers"], given["body"].encode())["type"])`;
      const input = JSON.stringify({ secret: SECRET, headers, body });
      const { stdout, stderr } = spawnSync('python3', ['-c', script], { input, encoding: 'utf8' });
      return stdout.trim() || (stderr.trim().split('\n').at(-1) ?? '');
    };
    const signed = signedHeaders('msg_1', BODY, [makeSecret(), SECRET], new Date());
    expect(verify(signed, BODY)).toBe('lead.rotten');
    expect(verify(signed, `${BODY} `)).toBe('ValueError: no signature matches');
    const old = signedHeaders('msg_1', BODY, [SECRET], new Date(Date.now() - 600_000));
    expect(verify(old, BODY)).toBe('ValueError: too old');
  },
);
