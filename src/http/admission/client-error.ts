import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ProblemDocument } from '../problem.js';

const REFUSALS: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request-timeout', 'The request did not come in time'],
  HPE_HEADER_OVERFLOW: [431, 'headers-too-large', 'The request line and headers are over the limit of 16 KB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [
    413,
    'too-large',
    'The extensions of the chunks are over the limit of 16 KB',
  ],
};

/** Answers what is not even a request, on its connection, and closes it. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, code, detail] = REFUSALS[error.code ?? ''] ?? [
    400,
    'bad-request',
    'This is no HTTP request',
  ];
  const document: ProblemDocument = {
    ...{ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail },
  };
  const body = JSON.stringify(document);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}
