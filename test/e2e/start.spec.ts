import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runBuilt, runToEnd } from './command.js';
import { freePort, ServerProcess } from './server-process.js';

const NO_KEYS = { TOUCHLINE_WRITE_KEY: '', TOUCHLINE_SERVER_WRITE_KEY: '', TOUCHLINE_API_KEY: '' };
let dataDir: string;
let port: number;
const start = () => ServerProcess.start({ dataDir, port, env: NO_KEYS, fromScratch: true });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-start-'));
  port = await freePort();
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

describe('npm start', () => {
  let record = '';
  let read = '';
  let keys = '';

  test('prints keys and commands at the first start, and the commands work', async () => {
    const server = await start();
    [record = '', read = ''] = server.output.match(/^ +curl .*$/gm) ?? [];
    const recorded = await shell(record);
    const found = await shell(read);
    await server.stop();
    expect(recorded).toMatchObject({ receipts: [{ messageId: 'hello-1', status: 'accepted' }] });
    expect(found).toMatchObject({ known: true, email: 'ada@acme.example', touchpoints: 1 });
    keys = await readFile(join(dataDir, 'keys.json'), 'utf8');
    const made = (JSON.parse(keys) as { keys: Record<string, string> }).keys;
    expect(Object.keys(made)).toEqual(['writeKey', 'serverWriteKey', 'apiKey']);
    for (const key of Object.values(made)) expect(server.output).toContain(key);
    expect(record).toContain(made.writeKey);
  });

  test('stores the keys in a file that only the owner can read', async () => {
    expect((await stat(join(dataDir, 'keys.json'))).mode & 0o777).toBe(0o600);
  });

  test('serves the same data with the same keys at the second start and prints none', async () => {
    const server = await start();
    const found = await shell(read);
    const again = await shell(record);
    await server.stop();
    expect(found).toMatchObject({ email: 'ada@acme.example', touchpoints: 1 });
    expect(again).toMatchObject({ receipts: [{ status: 'duplicate' }] });
    expect(await readFile(join(dataDir, 'keys.json'), 'utf8')).toBe(keys);
    expect(server.output).not.toMatch(/[was]k_\w{10}/);
  });

  test('serves the API document with the recorded examples', async () => {
    const server = await start();
    const document = await (await fetch(`${server.url}/openapi.json`)).json();
    await server.stop();
    expect(document).toHaveProperty(
      ['paths', '/api/leads', 'get', 'responses', '200', 'content', 'application/json', 'example', 'items'],
      expect.arrayContaining([expect.objectContaining({ name: 'Ada Lovelace' })]),
    );
  });

  test('exits with 0 after SIGTERM and stops PostgreSQL', async () => {
    const server = await start();
    const postgres = await postmaster();
    const code = await server.stop();
    expect(code).toBe(0);
    expect(alive(postgres)).toBe(false);
  });

  test('answers a request in flight after SIGTERM', async () => {
    const server = await start();
    const {
      keys: { writeKey },
    } = JSON.parse(keys) as { keys: { writeKey: string } };
    const body = JSON.stringify({ messageId: 'slow', kind: 'demo_request', email: 'ada@acme.example' });
    const socket = connect(port, '127.0.0.1');
    const heard: string[] = [];
    socket.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
    socket.write(
      `POST /touchpoints HTTP/1.1\r\nHost: x\r\nX-Write-Key: ${writeKey}\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    socket.write(body.slice(0, 10));
    await sleep(500);
    const stopped = server.stop();
    await sleep(300);
    socket.write(body.slice(10));
    expect(await stopped).toBe(0);
    expect(heard.join('')).toMatch(/^HTTP\/1.1 200 [^]*"accepted"/);
    expect(server.output).not.toContain('closing their connections');
  });

  test('recovers acknowledged events after kill -9', async () => {
    const killed = await start();
    const late = record.replace('hello-1', 'hello-2');
    expect(await shell(late)).toMatchObject({ receipts: [{ status: 'accepted' }] });
    await killed.kill();
    const server = await start();
    const again = await shell(late);
    await server.stop();
    expect(again).toMatchObject({ receipts: [{ status: 'duplicate' }] });
  });
});

describe('a start fails with one line', () => {
  test('if the data folder is in use', async () => {
    const server = await start();
    const second = await runBuilt('main.js', [], settings({ PORT: '0' }));
    await server.stop();
    expect(second.code).toBe(1);
    expect(linesOf(second.error)).toEqual([expect.stringMatching(/^touchline: the data folder is in use/)]);
  });

  test('if the port is in use, and stops PostgreSQL', async () => {
    const taken = createServer().listen(port, '0.0.0.0');
    await once(taken, 'listening');
    const { code, error } = await runBuilt('main.js', [], settings({}));
    taken.close();
    expect(code).toBe(1);
    expect(linesOf(error)).toEqual([
      `touchline: port ${port} is already in use by another program; set PORT to a free port`,
    ]);
    expect(await postmaster()).toBe(0);
  });

  test('if DATABASE_URL is unreachable, without showing its password', async () => {
    const DATABASE_URL = `postgres://ada:hush@127.0.0.1:${await freePort()}/touchline`;
    const { code, error } = await runBuilt('main.js', [], settings({ DATABASE_URL }));
    expect(code).toBe(1);
    expect(linesOf(error)).toEqual([
      expect.stringMatching(/^touchline: DATABASE_URL: cannot use .* as ada: .*ECONNREFUSED/),
    ]);
    expect(error).not.toContain('hush');
  });

  test('if settings are invalid, with one line each', async () => {
    const { code, error } = await runBuilt(
      'main.js',
      [],
      settings({ PORT: 'http', ROLES: 'cook', KAFKA_BROKERS: 'k' }),
    );
    expect(code).toBe(78);
    expect(linesOf(error)).toEqual([
      'touchline: Invalid settings:',
      expect.stringMatching(/^ {2}PORT: /),
      expect.stringMatching(/^ {2}ROLES: /),
      expect.stringMatching(/^ {2}KAFKA_BROKERS: /),
    ]);
  });
});

const settings = (env: Record<string, string>) => ({
  PORT: String(port),
  TOUCHLINE_DATA_DIR: dataDir,
  ...env,
});

const linesOf = (text: string): string[] => text.trimEnd().split('\n');

async function shell(command: string): Promise<unknown> {
  const { out, error } = await runToEnd('sh', ['-c', command]);
  if (!out) throw new Error(`${command}: ${error || 'no answer'}`);
  return JSON.parse(out) as unknown;
}

/** Process id of the data folder's PostgreSQL, 0 when none runs. */
async function postmaster(): Promise<number> {
  const file = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '0');
  return parseInt(file, 10);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
