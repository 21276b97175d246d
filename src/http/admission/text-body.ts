import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem.js';
import type { Reservation } from './byte-budget.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route reads YAML or JSON itself, to name lines and columns. */
    textBody?: boolean;
    /** The route reads JSON or CSV itself, to keep each row as it was sent. */
    rowsBody?: boolean;
  }
}

/** RFC 9512, and what was used before it. */
export const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];

/** Memory of parsing YAML with places, in bytes a byte of text: 512 KB took 50 to 80 MB, most of it garbage at once. */
const PARSED_BYTES = 64;

export const isTextRoute = ({ routeOptions: { config } }: FastifyRequest): boolean =>
  config.textBody === true || config.rowsBody === true;

/** @throws Problem 400, OverBudget */
export function textOf(bytes: Buffer, reservation: Reservation): string {
  reservation.grow(PARSED_BYTES * Math.min(bytes.length, 512 * 1024));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem(400, 'unreadable-body', 'The body is not UTF-8');
  }
}
