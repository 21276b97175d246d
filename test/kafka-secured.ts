import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BrokerProcess } from './kafka.js';

const run = promisify(execFile);

/** A broker with a second listener that wants TLS and a user: `ada`, password `secret`, by PLAIN and SCRAM-SHA-256. */
export interface SecuredBroker {
  readonly plain: string;
  readonly secured: string;
  /** PEM of the authority that signed the broker's certificate. */
  readonly caFile: string;
  stop(): Promise<void>;
}

export async function securedBroker(): Promise<SecuredBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'touchline-tls-'));
  const file = (name: string): string => join(folder, name);
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  const files = ['-keyout', file('key.pem'), '-out', file('ca.pem')];
  await run('openssl', [...request, '-addext', 'subjectAltName=IP:127.0.0.1', ...files]);
  const both = (await readFile(file('key.pem'), 'utf8')) + (await readFile(file('ca.pem'), 'utf8'));
  await writeFile(file('broker.pem'), both);
  const module = 'org.apache.kafka.common.security';
  const broker = await BrokerProcess.start({
    secured: 'SASL_SSL',
    scram: ['SCRAM-SHA-256=[name=ada,password=secret]'],
    properties: [
      'ssl.keystore.type=PEM',
      `ssl.keystore.location=${file('broker.pem')}`,
      'listener.name.sasl_ssl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256',
      `listener.name.sasl_ssl.plain.sasl.jaas.config=${module}.plain.PlainLoginModule required user_ada="secret";`,
      `listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=${module}.scram.ScramLoginModule required;`,
    ],
  });
  return {
    plain: broker.brokers,
    secured: `127.0.0.1:${broker.securePort}`,
    caFile: file('ca.pem'),
    async stop() {
      await broker.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
