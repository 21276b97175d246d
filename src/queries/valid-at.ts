import { asOf } from '../read-models/versioned-table.js';
import { Sql } from './sql.js';

/** The rows that were true at the position of the view: versions known by then and not yet superseded. */
export const validAt = (alias: string, position: bigint): Sql =>
  new Sql(asOf(alias, '$').split('$'), [position, position]);
