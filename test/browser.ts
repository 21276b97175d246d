import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Debian's package has it there; CHROMIUM_PATH names another. */
const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
export const hasChromium = existsSync(CHROMIUM);
export const NO_CHROMIUM = hasChromium ? '' : ` (skipped: there is no ${CHROMIUM})`;

/** A headless browser that takes any certificate and resolves every host name to this machine. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--ignore-certificate-errors',
      '--host-resolver-rules=MAP * 127.0.0.1',
      // Requests of a page from one loopback address to another would be asked about.
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
    ],
  });

/** Serves pages, scripts and whatever else a test passes, by path. */
export async function pageServer(
  files: Readonly<Record<string, { readonly type: string; readonly body: string }>>,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((asked, reply) => {
    const file = files[new URL(asked.url ?? '/', 'http://page').pathname];
    reply.writeHead(file ? 200 : 404, { 'content-type': `${file?.type ?? 'text/plain'}; charset=utf-8` });
    reply.end(file?.body);
  });
  return listening(server, 'http');
}

/** Ends TLS in front of a server, as a gateway does. */
export async function tlsProxy(target: string): Promise<{ readonly url: string; close(): void }> {
  const folder = join(import.meta.dirname, 'eventstoredb', 'tls');
  const [key, cert] = await Promise.all([
    readFile(join(folder, 'key.pem')),
    readFile(join(folder, 'cert.pem')),
  ]);
  const server = createTlsServer({ key, cert }, (asked, reply) => {
    const { method, url, headers } = asked;
    const forwarded = { ...headers, 'x-forwarded-proto': 'https' };
    const onward = request(new URL(url ?? '/', target), { method, headers: forwarded }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
    });
    onward.on('error', () => reply.destroy());
    asked.pipe(onward);
  });
  return listening(server, 'https');
}

async function listening(server: Server, protocol: string): Promise<{ readonly url: string; close(): void }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
