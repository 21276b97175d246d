import type { Config } from './config.js';
import type { FirstWorkspace } from './workspaces/first-workspace.js';
import { keptSecretsFile } from './workspaces/kept-secrets.js';

/** What a person at the terminal is told once the server serves. The keys are shown by the start that made them. */
export function welcome(url: string, config: Config, first: FirstWorkspace): string {
  const { writeKey, apiKey } = first.keys;
  const database =
    config.databaseUrl === undefined ? `embedded PostgreSQL in ${config.dataDir}` : 'DATABASE_URL';
  const lines = [`Touchline serves ${url}  (API: ${url}/docs, data: ${database})`];
  if (first.made && writeKey !== undefined && apiKey !== undefined)
    lines.push('', ...firstSteps(url, writeKey, apiKey, config));
  else if (apiKey !== undefined)
    lines.push(`Keys: as before${config.apiKey ? '' : `, in ${keptSecretsFile(config.dataDir)}`}`);
  return lines.join('\n');
}

const firstSteps = (url: string, writeKey: string, apiKey: string, config: Config): string[] => [
  `Write key  ${writeKey}   (for collectors; may be public)`,
  `API key    ${apiKey}   (for queries and commands; keep it secret)`,
  `Shown this once, and kept in ${keptSecretsFile(config.dataDir)}`,
  '',
  'Record a touchpoint:',
  `  ${recordCurl(url, writeKey)}`,
  'and read what is known of that person:',
  `  ${readCurl(url, apiKey)}`,
];

const SAMPLE = {
  messageId: 'hello-1',
  kind: 'demo_request',
  email: 'ada@acme.example',
  content: { id: 'demo-page' },
};

const recordCurl = (url: string, writeKey: string): string =>
  `curl -s ${url}/touchpoints -H 'X-Write-Key: ${writeKey}' -H 'Content-Type: application/json' -d '${JSON.stringify(SAMPLE)}'`;

const readCurl = (url: string, apiKey: string): string =>
  `curl -s ${url}/api/leads/email:${SAMPLE.email} -H 'Authorization: Bearer ${apiKey}'`;
