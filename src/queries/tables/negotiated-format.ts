import type { FastifyRequest } from 'fastify';
import { acceptedType } from '../../http/accepted-type.js';
import { Problem } from '../../http/problem.js';
import { EntityTag } from '../entity-tag.js';
import type { RawParams } from '../params.js';
import { MEDIA_TYPES, type TableFormat } from './table-formats.js';

type Format = 'json' | TableFormat;

const typeOf = (format: Format): string =>
  format === 'json' ? 'application/json' : MEDIA_TYPES[format].replace(/;.*/, '');

/** A request for an answer that has several formats. */
export interface NegotiatedRequest {
  /** With the format that `Accept` chooses, unless `format` names one. */
  readonly given: RawParams;
  readonly tag: EntityTag;
}

/**
 * Reads the format of an answer from `format` or else from `Accept`.
 *
 * @param offered the first is for clients that take any
 * @throws Problem 406 `format-not-acceptable`
 */
export function negotiated(
  request: FastifyRequest,
  given: RawParams,
  offered: readonly Format[],
): NegotiatedRequest {
  const { format: named } = given;
  if (named !== undefined) return { given, tag: EntityTag.of(request, { format: named }) };
  const types = offered.map(typeOf);
  const type = acceptedType(request.headers.accept, types);
  const format = offered.find((each) => typeOf(each) === type);
  if (format === undefined) throw notAcceptable(offered, types);
  const tag = EntityTag.of(request, { format });
  // The format that is the default is not among the parameters: cursors are those of requests without any.
  return format === offered[0] ? { given, tag } : { given: { ...given, format }, tag };
}

function notAcceptable(offered: readonly Format[], types: readonly string[]): Problem {
  const message = `nothing in it is offered; offered are ${types.join(', ')}; or name one in format: ${offered.join(', ')}`;
  const errors = [{ path: 'accept', message }];
  return new Problem(406, 'format-not-acceptable', `accept: ${message}`, errors, { vary: 'accept' });
}
