import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../config.js';
import { secretsFile, readSecrets } from '../../workspaces/saved-secrets.js';

/** A problem that the person who runs the demo can fix; its message is all they need. */
export class DemoProblem extends Error {
  override readonly name = 'DemoProblem';
}

/** Reads of an answer are checked where they are used; the API is our own. */
export type Answer = Readonly<Record<string, unknown>>;

/** The running server as the demo sees it from outside. */
export class DemoServer {
  constructor(
    readonly url: string,
    /** Of scope server: the demo sends half a year of many people. */
    readonly writeKey: string,
    readonly apiKey: string,
  ) {}

  /** @throws DemoProblem the server is away or does not know the keys */
  async check(): Promise<void> {
    await this.#fetch('/health/live');
    if ((await this.#fetch('/api/log/head', this.#authorized())).status === 401)
      throw new DemoProblem(`${this.url} does not accept the API key; set TOUCHLINE_API_KEY to a valid one`);
    const batch = { method: 'POST', body: JSON.stringify({ batch: [], writeKey: this.writeKey }) };
    const headers = { 'content-type': 'application/json' };
    if ((await this.#fetch('/v1/batch', { ...batch, headers })).status === 401)
      throw new DemoProblem(
        `${this.url} does not accept the server-side write key; set TOUCHLINE_SERVER_WRITE_KEY to a valid one`,
      );
  }

  /** @returns undefined when there is no such thing */
  async get(path: string): Promise<Answer | undefined> {
    const answer = await this.#fetch(path, this.#authorized());
    if (answer.status === 404) return undefined;
    return this.#read(answer, path);
  }

  /** Sends a command; waits and tries again while the server is busy. */
  async command(
    method: 'POST' | 'PATCH',
    path: string,
    body: Answer,
    idempotencyKey: string,
  ): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
      const answer = await this.#fetch(path, {
        method,
        body: JSON.stringify(body),
        ...this.#authorized(headers),
      });
      if (answer.status !== 503 || attempt === 20) return this.#read(answer, `${method} ${path}`);
      await sleep(1000 * Number(answer.headers.get('retry-after') ?? 1));
    }
  }

  #authorized(headers: Readonly<Record<string, string>> = {}): RequestInit {
    return { headers: { ...headers, authorization: `Bearer ${this.apiKey}` } };
  }

  async #read(answer: Response, what: string): Promise<Answer> {
    if (answer.ok) return (await answer.json()) as Answer;
    throw new DemoProblem(
      `${this.url} answered ${answer.status} to ${what}: ${(await answer.text()).slice(0, 300)}`,
    );
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    try {
      return await fetch(this.url + path, { ...init, signal: AbortSignal.timeout(60_000) });
    } catch (error) {
      throw new DemoProblem(
        `No Touchline responds at ${this.url}: start it with \`npm start\` in another terminal`,
        {
          cause: error,
        },
      );
    }
  }
}

/**
 * The server the settings name: TOUCHLINE_URL, else this machine at PORT; keys of the settings, else those kept in the
 * data folder.
 *
 * @throws DemoProblem no keys are known
 */
export async function demoServer(environment: NodeJS.ProcessEnv): Promise<DemoServer> {
  const config = readConfig(environment);
  const url = environment['TOUCHLINE_URL']?.trim() || `http://localhost:${config.port}`;
  const { keys } = await readSecrets(config.dataDir);
  const writeKey = config.serverWriteKey ?? keys?.serverWriteKey;
  const apiKey = config.apiKey ?? keys?.apiKey;
  if (writeKey === undefined || apiKey === undefined)
    throw new DemoProblem(
      `No keys: set TOUCHLINE_SERVER_WRITE_KEY and TOUCHLINE_API_KEY, since ${secretsFile(config.dataDir)} has none. ` +
        'Or start the server first (`npm start`) with the same TOUCHLINE_DATA_DIR; ' +
        '`npx touchline keys add main --scope server` creates a server-side write key',
    );
  return new DemoServer(url.replace(/\/+$/, ''), writeKey, apiKey);
}
