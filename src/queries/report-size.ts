import { Problem } from '../http/problem.js';

/** So many touches take about a gigabyte while they are weighed. */
export const MAX_REPORT_TOUCHES = 2_000_000;

export function tooLarge(): Problem {
  const detail = `This report has over ${MAX_REPORT_TOUCHES.toLocaleString('en-US')} touches: narrow it down (from, to)`;
  return new Problem(400, 'report-too-large', detail);
}
