import http from 'node:http';
import https from 'node:https';
import type { GuardedAgents } from './guarded-agents.js';
import { AddressRefused } from './guarded-agents.js';
import { parseRetryAfter } from './retry-schedule.js';
import { signedHeaders } from './signature.js';
import { literalAddress } from './target-url.js';

/** Standard Webhooks recommends 15 to 30 s, for name, connection, request and response together. */
export const SEND_TIMEOUT_MS = 15_000;
/** Of the response body, which is read only so that the connection can be used again. */
const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;

export interface OutgoingMessage {
  readonly url: string;
  readonly id: string;
  readonly body: string;
  /** Decrypted, the newest first. */
  readonly secrets: readonly string[];
}

/** What came of one attempt. `status` is that of the response, if there was one. */
export interface Attempt {
  readonly delivered: boolean;
  readonly status?: number;
  /** Why it was not delivered, for the owner of the endpoint. */
  readonly error?: string;
  readonly retryAfterMs?: number;
  readonly durationMs: number;
}

export interface SenderOptions {
  readonly agents: GuardedAgents;
  readonly isAllowed: (address: string) => boolean;
  readonly timeoutMs?: number;
}

/** Sends messages. Redirects are not followed: they are answers other than success. */
export class MessageSender {
  constructor(private readonly options: SenderOptions) {}

  /** Never rejects: whatever goes wrong is the outcome of the attempt. */
  async send(message: OutgoingMessage): Promise<Attempt> {
    const began = performance.now();
    const outcome = await this.request(message).catch((error: unknown) => ({ error: describe(error) }));
    return { delivered: !('error' in outcome), ...outcome, durationMs: performance.now() - began };
  }

  close(): void {
    this.options.agents.destroy();
  }

  private async request(message: OutgoingMessage): Promise<Omit<Attempt, 'delivered' | 'durationMs'>> {
    const url = new URL(message.url);
    // Only names are looked up.
    const address = literalAddress(url);
    if (address !== undefined && !this.options.isAllowed(address))
      throw new AddressRefused(url.host, [address]);
    const response = await this.post(
      url,
      message,
      AbortSignal.timeout(this.options.timeoutMs ?? SEND_TIMEOUT_MS),
    );
    return outcomeOf(response);
  }

  private async post(url: URL, message: OutgoingMessage, signal: AbortSignal): Promise<http.IncomingMessage> {
    for (;;) {
      const sent = this.open(url, message, signal);
      try {
        return await responseOf(sent);
      } catch (error) {
        // The receiver closed a connection that was idle, at the moment in which it was to be used again.
        const isStale = sent.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
        if (signal.aborted) throw new Error('no response in time', { cause: error });
        if (!isStale) throw error;
      }
    }
  }

  private open(url: URL, { id, body, secrets }: OutgoingMessage, signal: AbortSignal): http.ClientRequest {
    const isHttps = url.protocol === 'https:';
    const { agents } = this.options;
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Touchline-Webhooks/1.0',
      ...signedHeaders(id, body, secrets, new Date()),
    };
    const options = { method: 'POST', headers, signal, maxHeaderSize: MAX_HEADER_BYTES };
    const request = isHttps
      ? https.request(url, { ...options, agent: agents.https })
      : http.request(url, { ...options, agent: agents.http });
    return request.end(body);
  }
}

/** Resolves with the whole response: its body is read and forgotten. */
function responseOf(request: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        // The status is known; who goes on sending loses the connection.
        if (bytes > MAX_RESPONSE_BYTES) response.destroy();
      });
      response.on('error', reject);
      response.on('close', () => resolve(response));
    });
  });
}

function outcomeOf({
  statusCode: status = 0,
  headers,
}: http.IncomingMessage): Omit<Attempt, 'delivered' | 'durationMs'> {
  if (status >= 200 && status < 300) return { status };
  const isRedirect = status >= 300 && status < 400;
  const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now());
  return {
    status,
    error: `answered ${status}${isRedirect ? '; redirects are not followed' : ''}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** Nothing that the receiver wrote: whoever configures an endpoint reads it. */
function describe(error: unknown): string {
  const { message, errors } = error as { readonly message?: string; readonly errors?: readonly unknown[] };
  // Every address of a host was tried.
  return errors?.[0] === undefined ? (message ?? String(error)) : describe(errors[0]);
}
