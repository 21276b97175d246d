import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { NotModified } from '../http/not-modified.js';
import { RELEASE } from '../http/release.js';

/**
 * `ETag` of an answer: the position that it was computed at, and a digest of the request and of the release, which may
 * answer it with more. What is true at a position never changes, so a client that has the answer of a position needs no other, and none is computed.
 */
export class EntityTag {
  private readonly digest: string;
  private readonly known: ReadonlySet<string>;

  /**
   * @param question what decides on the answer besides the position
   * @param vary headers of the request that do
   */
  constructor(
    question: readonly unknown[],
    ifNoneMatch: string | undefined,
    private readonly vary = 'authorization',
  ) {
    this.digest = createHash('sha256')
      .update(JSON.stringify([RELEASE, ...question]))
      .digest('base64url')
      .slice(0, 22);
    this.known = new Set(ifNoneMatch?.split(',').map((each) => each.trim().replace(/^W\//, '')));
  }

  /** @param negotiated the format, where the request chooses one by `Accept` */
  static of(
    { workspace, url, headers }: FastifyRequest,
    negotiated?: { readonly format: unknown },
  ): EntityTag {
    const ifNoneMatch = headers['if-none-match'];
    return negotiated
      ? new EntityTag([workspace, url, negotiated.format], ifNoneMatch, 'authorization, accept')
      : new EntityTag([workspace, url], ifNoneMatch);
  }

  at(position: bigint | string): string {
    return `"${position}-${this.digest}"`;
  }

  /** @throws NotModified the client has the answer of that position */
  check(position: bigint): void {
    const tag = this.at(position);
    if (this.known.has(tag)) throw new NotModified(this.headersOf(tag));
  }

  addTo(reply: FastifyReply, position: string): void {
    void reply.headers(this.headersOf(this.at(position)));
  }

  /** Answers are personal, different for each key, and valid as long as the position is. */
  private headersOf(etag: string): Readonly<Record<string, string>> {
    return { etag, 'cache-control': 'private, no-cache', vary: this.vary };
  }
}

/** The tag of a request, for handlers behind AuthGuard. */
export const RequestTag = createParamDecorator((_: unknown, context: ExecutionContext): EntityTag =>
  EntityTag.of(context.switchToHttp().getRequest<FastifyRequest>()),
);
