import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem.js';
import type { Reservation } from './byte-budget.js';
import { type JsonShape, parsedBytes, shapeOf } from './json-shape.js';

/** What a body of the API may hold, far above what any request needs: checking it costs far more than its bytes. */
const MOST = { depth: 64, members: 2_500, values: 20_000 };

/** Memory of checking one value against its class, in bytes: with faults in all of them it took 1.3 KB. */
const CHECKED_BYTES = 1_000;

/**
 * Parses a body of the API. Its shape is checked first: class-validator and class-transformer make objects of every
 * member, also of those that nobody knows, and recurse with every level.
 *
 * @throws Problem 400, OverBudget, and what Fastify's own parser throws
 */
export async function parseJsonBody(
  request: FastifyRequest,
  bytes: Buffer,
  reservation: Reservation,
): Promise<unknown> {
  const text = bytes.toString('utf8');
  const shape = shapeOf(text);
  checkShape(shape);
  reservation.grow(parsedBytes(text, shape) + CHECKED_BYTES * shape.values);
  const parse = request.server.getDefaultJsonParser('error', 'error');
  return new Promise((resolve, reject) => {
    void parse(request, text, (error, body) => {
      if (error) reject(error);
      else resolve(body);
    });
  });
}

function checkShape({ depth, members, values }: JsonShape): void {
  if (depth > MOST.depth)
    throw new Problem(400, 'too-deep', `The body is nested deeper than ${MOST.depth} levels`);
  if (members > MOST.members)
    throw new Problem(413, 'too-large', `A list or object of the body has more than ${MOST.members} members`);
  if (values > MOST.values)
    throw new Problem(413, 'too-large', `The body holds more than ${MOST.values} values`);
}
