import fc from 'fast-check';
import { jsonValue } from './json-names.js';

/** Text with all that is nasty: NUL, lone surrogates, astral, combining, control characters. */
export const nastyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('\0', '\ud800', '\udc00', '🚀', 'e\u0301', '\u202e', '\n', '"', '\\', 'a'), {
      maxLength: 8,
    })
    .map((parts) => parts.join('')),
  fc.constantFrom(
    'null',
    'undefined',
    'u-1',
    'ada@acme.example',
    '__proto__',
    'constructor',
    'https://acme.example/?a=%',
    'x'.repeat(300),
  ),
);

/** Any value that JSON may hold, and some that it may not. */
export const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: nastyText },
  jsonValue({ stringUnit: 'binary', maxDepth: 4 }),
  fc.double(),
  fc.integer(),
  fc.constantFrom(null, true, 1e308, -0, 2 ** 53, [], {}),
);

/** A change of one value within another: the nth one met is replaced, removed, or doubled. */
const change = fc.record({
  nth: fc.nat({ max: 200 }),
  how: fc.constantFrom('replace' as const, 'remove' as const, 'wrap' as const),
  value: nastyValue,
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(root: unknown, { nth, how, value }: Change): unknown {
  let left = nth;
  const visit = (node: unknown): unknown => {
    left -= 1;
    if (left < 0 && left > -2) return how === 'wrap' ? [node] : how === 'remove' ? undefined : value;
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, visit(inner)]));
  };
  return visit(root);
}

/** A sample with some of its values changed. */
export const mutated = (samples: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { minLength: 1, maxLength: 5 }))
    .map(([sample, changes]) => changes.reduce<unknown>(changed, sample));

/** Bytes: of a mutated sample as JSON, some of which are overwritten, or any at all. */
export const mutatedBytes = (samples: readonly Buffer[]): fc.Arbitrary<Buffer> => {
  const overwritten = fc
    .tuple(
      fc.constantFrom(...samples),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 6 }),
      fc.nat({ max: 100 }),
    )
    .map(([sample, writes, cut]) => {
      const bytes = Buffer.from(sample);
      for (const [at, byte] of writes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return cut < 20 ? bytes.subarray(0, Math.floor((bytes.length * cut) / 20)) : bytes;
    });
  return fc.oneof(
    { weight: 3, arbitrary: overwritten },
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((json) => Buffer.from(json)),
  );
};

/** What a table gives that is asked for one of these without care: an object, and a function. */
const INHERITED_NAMES = ['__proto__', 'hasOwnProperty'];

/** The text with each of its words, in turn, by the name of something that every object inherits. */
export function* withInheritedNames(text: string): Generator<string> {
  for (const word of new Set(text.match(/[A-Za-z]\w*/g)))
    for (const name of INHERITED_NAMES) yield text.replaceAll(new RegExp(`\\b${word}\\b`, 'g'), name);
}
