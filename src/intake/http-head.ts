import type { FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import type { Client, Headers, RequestHead } from './format.js';
import { requestOrigin } from './public-url.js';

/** The head of a request over HTTP. What few formats look at is made when they do. */
export class HttpHead implements RequestHead {
  readonly headers: Headers;
  readonly params: Readonly<Record<string, string>>;
  readonly query: string;
  collector: CollectorConfig | undefined;
  #id: string | undefined;
  readonly #request: FastifyRequest;
  readonly #publicUrl: string | undefined;

  /** The content type is the format's to look at: Fastify would refuse one that it cannot read, so it does not see it. */
  constructor(
    request: FastifyRequest,
    readonly call: string,
    publicUrl: string | undefined,
  ) {
    const { 'content-type': type, ...others } = request.headers;
    delete request.headers['content-type'];
    this.headers = type === undefined ? others : { ...others, 'content-type': type };
    this.params = request.params as Record<string, string>;
    const url = request.raw.url ?? '';
    const mark = url.indexOf('?');
    this.query = mark < 0 ? '' : url.slice(mark + 1);
    this.#request = request;
    this.#publicUrl = publicUrl;
  }

  get id(): string {
    return (this.#id ??= randomUUID());
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return (this.#publicUrl ?? requestOrigin(this.#request)) + (this.#request.raw.url ?? '');
  }

  get client(): Client {
    const { admission, headers } = this.#request;
    return { address: admission?.clientAddress ?? '', userAgent: headers['user-agent'] };
  }
}
