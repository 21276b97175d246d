import type { PreparedWorkspaces } from './prepare.js';
import type { OpenRuntime } from './runtime.js';
import { secretsFile } from './workspaces/saved-secrets.js';

/** What the terminal shows once the server serves. The keys are shown by the start that made them. */
export async function welcome(
  url: string,
  { config, databaseUrl, store }: OpenRuntime,
  prepared: PreparedWorkspaces,
): Promise<string> {
  const { created, keys, bi } = prepared;
  const place =
    config.databaseUrl === undefined ? `embedded PostgreSQL in ${config.dataDir}` : 'DATABASE_URL';
  const lines = [`Touchline is listening on ${url}  (API: ${url}/docs, data: ${place})`];
  if (!created || keys.writeKey === undefined || keys.apiKey === undefined) {
    lines.push(`Keys: unchanged; keys created here are in ${secretsFile(config.dataDir)}`);
    return lines.join('\n');
  }
  lines.push(
    '',
    `Write key   ${keys.writeKey}   (for web pages; may be public)`,
    ...(keys.serverWriteKey === undefined
      ? []
      : [`Server key  ${keys.serverWriteKey}   (to write from servers and send history; keep it secret)`]),
    `API key     ${keys.apiKey}   (for queries and commands; keep it secret)`,
    ...(bi?.password === undefined
      ? []
      : [`BI login    ${biUrl(databaseUrl, bi.role, bi.password)}   (SQL, read-only)`]),
    `These keys are shown only once; those created here are stored in ${secretsFile(config.dataDir)}`,
    '',
    'Record a touchpoint:',
    `  ${recordCurl(url, keys.writeKey)}`,
    'then query that lead:',
    `  ${readCurl(url, keys.apiKey, (await store.head()) + 1n)}`,
  );
  return lines.join('\n');
}

const SAMPLE = {
  messageId: 'hello-1',
  kind: 'demo_request',
  email: 'ada@acme.example',
  content: { id: 'demo-page' },
};

const recordCurl = (url: string, writeKey: string): string =>
  `curl -s ${url}/touchpoints -H 'X-Write-Key: ${writeKey}' -H 'Content-Type: application/json' -d '${JSON.stringify(SAMPLE)}'`;

/** Waits for the position that the sample will have, so that the two may be pasted together. */
const readCurl = (url: string, apiKey: string, position: bigint): string =>
  `curl -s '${url}/api/leads/email:${SAMPLE.email}?minPosition=${position}' -H 'Authorization: Bearer ${apiKey}'`;

/** The address of the database as a BI tool is given it: SQLAlchemy 2 and others know only `postgresql://`. */
export function biUrl(databaseUrl: string, role: string, password: string): string {
  const url = new URL(databaseUrl.replace(/^postgres:/, 'postgresql:'));
  url.username = role;
  url.password = password;
  return url.href;
}
