import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.js';
import { endWorker } from '../workers/start.js';
import { type Cluster, cluster } from './cluster.js';
import { API_KEY, freePort, WRITE_KEY } from './server-process.js';

const CONFIGURATION = join(import.meta.dirname, '..', '..', 'infra', 'gateway', 'nginx.conf');
const nginx = process.env['NGINX_PATH'];
const withNginx = nginx ? test : test.skip;
const reason = nginx ? '' : ' (skipped: NGINX_PATH names no nginx to run)';

let run: Cluster;
let folder: string;
let gateway: ChildProcess;
let url: string;

beforeAll(async () => {
  if (!nginx) return;
  run = await cluster();
  const [collect, query] = await Promise.all([run.start('collect'), run.start('query,project')]);
  folder = await mkdtemp(join(tmpdir(), 'touchline-gateway-'));
  const file = join(folder, 'nginx.conf');
  url = `http://127.0.0.1:${await freePort()}`;
  await writeFile(file, await configuration(new URL(url), new URL(collect.url), new URL(query.url)));
  gateway = spawn(nginx, ['-e', 'stderr', '-c', file, '-g', 'daemon off;'], { stdio: 'inherit' });
  const answers = () =>
    fetch(`${url}/gateway/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  expect(await until(answers, 20_000)).toBe(true);
}, 120_000);
afterAll(async () => {
  if (!nginx) return;
  await endWorker(gateway, 'SIGTERM');
  await run.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The file as it is, but for where it listens, what the names mean, and where it writes. */
async function configuration(own: URL, collect: URL, query: URL): Promise<string> {
  const text = await readFile(CONFIGURATION, 'utf8');
  return text
    .replace('listen 8080', `listen ${own.host}`)
    .replace('listen 8081', `listen 127.0.0.1:${await freePort()}`)
    .replaceAll('collect:3000', `127.0.0.1:${collect.port}`)
    .replaceAll('query:3000', `127.0.0.1:${query.port}`)
    .replaceAll('/tmp/', `${folder}/`);
}

withNginx(
  `one address serves collectors and the API, each by the processes of its role${reason}`,
  async () => {
    const sent = await fetch(`${url}/touchpoints`, {
      method: 'POST',
      headers: { 'x-write-key': WRITE_KEY, 'content-type': 'application/json' },
      body: JSON.stringify({ messageId: 'm-1', kind: 'page_view', email: 'ada@acme.example' }),
    });
    const { receipts } = (await sent.json()) as { receipts: [{ position: string }] };
    const lead = `${url}/api/leads/email:ada@acme.example?minPosition=${receipts[0].position}`;
    const read = () => fetch(lead, { headers: { authorization: `Bearer ${API_KEY}` } });
    // Where a collector was first to publish the model, the read models begin as a rebuild over that one event.
    expect(await until(async () => (await read()).status === 200, 20_000)).toBe(true);
    expect(await (await read()).json()).toMatchObject({ email: 'ada@acme.example', touchpoints: 1 });
    for (const page of ['/docs', '/openapi.json']) expect((await fetch(`${url}${page}`)).status).toBe(200);
  },
);

withNginx(`figures of processes are not passed on, refusals are${reason}`, async () => {
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  const refused = await fetch(`${url}/v1/batch`, { method: 'POST', body: '{"batch":[]}' });
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({ status: 401 });
});
