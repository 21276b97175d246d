import { readModelText, type ReadModel } from '../domain/model/model-text.js';
import { Problem } from './problem.js';

type Unread = Extract<ReadModel, { readonly problem: string }>;

/** The journey model in the body of a request. @throws Problem 400 `model-invalid`, `model-unreadable`, 413 `too-large` */
export function readModelBody(body: unknown): Exclude<ReadModel, Unread> {
  const read = readModelText(typeof body === 'string' ? body : '');
  if ('problem' in read) throw problemOf(read);
  return read;
}

function problemOf({ problem, faults }: Unread): Problem {
  const lines = faults.map(({ path, message, line, column }) =>
    [`${line}:${column}`, path, message].filter((part) => part !== '').join(' '),
  );
  const detail = `The journey model ${problem === 'too-large' ? (faults[0]?.message ?? '') : `is ${problem}: ${lines.join('; ')}`}`;
  if (problem === 'too-large') return new Problem(413, 'too-large', detail);
  return new Problem(400, `model-${problem}`, detail, faults);
}
