import { listOf, type Scalar, type ValueTest } from './model/journey-model.js';

type Test = (value: unknown) => boolean;

/** Compiles a test of one value; every part that is given must hold, and an unknown value meets only `known: false`. */
export function valueTest(test: ValueTest): Test {
  const parts: Test[] = [];
  if (test.known !== undefined) parts.push((value) => isKnown(value) === test.known);
  if (test.is !== undefined) parts.push(oneOf(listOf(test.is)));
  if (test.words !== undefined) parts.push(wholeWords(test.words));
  const { atLeast, atMost } = test;
  if (atLeast !== undefined) parts.push((value) => numeric(value) >= atLeast);
  if (atMost !== undefined) parts.push((value) => numeric(value) <= atMost);
  return (value) => parts.every((part) => part(value));
}

/** Compiles tests by name, all of which must hold. */
export function recordTest(
  tests: Readonly<Record<string, ValueTest>>,
): (record: Readonly<Record<string, unknown>> | undefined) => boolean {
  const compiled = Object.entries(tests).map(([name, test]) => [name, valueTest(test)] as const);
  return (record) => compiled.every(([name, test]) => test(valueAt(record, name)));
}

/** The value under a name, or down a dotted path when no field has the whole name. */
export function valueAt(record: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  if (!record) return undefined;
  if (Object.hasOwn(record, name)) return record[name];
  let value: unknown = record;
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** Whether a value says anything. */
export const isKnown = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** Texts are equal whatever their case; a number or a truth equals its text, because clients send either. */
function oneOf(values: readonly Scalar[]): Test {
  const wanted = new Set(values.map(folded));
  return (value) => isKnown(value) && isScalar(value) && wanted.has(folded(value));
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const folded = (value: Scalar): string => String(value).trim().toLowerCase();

/**
 * Any of the phrases, whatever its case and spaces, with no letter or digit beside it, in a text or in that of a number or a truth. Phrases are searched for as text: a regular
 * expression of them tries each again at every word, which takes minutes where phrases and the value repeat themselves.
 */
function wholeWords(words: readonly string[]): Test {
  const phrases = words.map((word) => caseFolded(word.trim()));
  return (value) => {
    if (!isScalar(value)) return false;
    const text = caseFolded(String(value));
    return phrases.some((phrase) => hasPhrase(text, phrase));
  };
}

/** Final sigma and the like have one form in upper case. */
const caseFolded = (text: string): string => text.toLowerCase().toUpperCase().replace(/\s+/g, ' ');

const LETTER_BEFORE = /[\p{L}\p{N}]$/u;
const LETTER_AFTER = /^[\p{L}\p{N}]/u;

function hasPhrase(text: string, phrase: string): boolean {
  for (let at = text.indexOf(phrase); at >= 0;) {
    const end = at + phrase.length;
    // Two units are a whole character.
    const isInWord = LETTER_BEFORE.test(text.slice(Math.max(0, at - 2), at));
    if (!isInWord && !LETTER_AFTER.test(text.slice(end, end + 2))) return true;
    at = text.indexOf(phrase, isInWord ? endOfWord(text, at) : at + 1);
  }
  return false;
}

/** Behind the letters and digits from here on, and one other character: no phrase begins between. */
function endOfWord(text: string, from: number): number {
  const other = /[^\p{L}\p{N}]/gu;
  other.lastIndex = from;
  return other.test(text) ? other.lastIndex : text.length;
}

function numeric(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}
