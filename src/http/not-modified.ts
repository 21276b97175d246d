import { HttpException } from '@nestjs/common';

/** The client has the answer already: 304 without a body. */
export class NotModified extends HttpException {
  constructor(readonly headers: Readonly<Record<string, string>>) {
    super('Not modified', 304);
  }
}
