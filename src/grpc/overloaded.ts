import { Problem } from '../http/problem.js';

/** What HTTP answers when it has no room for a request. */
export const overloaded = (): Problem =>
  new Problem(503, 'overloaded', 'Too much is under way just now; send it again', [], { 'retry-after': '1' });
