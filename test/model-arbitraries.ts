import fc from 'fast-check';
import { jsonValue } from './json-names.js';
import { changed, pathsOf, wholeDocument } from './model-document.js';

/** What the checks look for, so that a part is often right by chance. */
const likely = fc.constantFrom<unknown>(
  ...[
    '',
    ' ',
    'chief',
    'look',
    'budget',
    'page_view',
    'email',
    'day',
    'EUR',
    'UTC',
    '2026-01-31',
    '/*',
    '**',
  ],
  ...['co-founder', 'C++', '(', '[', '\\', '/a/**/b', 'é', '\u0000', '\ud800', '__proto__', 'constructor'],
  ...[0, 1, -1, 0.5, 30, 1e9, 1e-9, true, false, null, [], {}],
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: likely },
  { weight: 1, arbitrary: fc.array(likely, { maxLength: 3 }) },
  { weight: 1, arbitrary: jsonValue() },
);
const PATHS = pathsOf(wholeDocument());

/** The whole document with other values in a few places. */
export const likelyChanges: fc.Arbitrary<unknown> = fc
  .array(fc.tuple(fc.constantFrom(...PATHS), value), { maxLength: 3 })
  .map(
    (changes) =>
    changes.reduce<unknown>((before, [path, other]) => safely(() => changed(before, path, other)) ?? before, wholeDocument()), // prettier-ignore
  );

/** A place may be gone with what an earlier change took away. */
function safely<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
