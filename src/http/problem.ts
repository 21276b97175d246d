import { HttpException } from '@nestjs/common';

export interface ProblemError {
  /** Dotted path of the field, e.g. `contacts.0.role`; a query parameter's name. */
  readonly path: string;
  readonly message: string;
  /** Of a text, counted from 1. */
  readonly line?: number;
  readonly column?: number;
}

/** A problem document (RFC 9457); `code` is stable and public. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly ProblemError[];
}

/** An answer other than success that the edge itself decides: bad input 400, no key 401, not found 404 … */
export class Problem extends HttpException {
  constructor(
    status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: readonly ProblemError[] = [],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail, status);
  }
}
