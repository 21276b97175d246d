import { valueTest } from '../value-test.js';
import {
  listOf,
  type Condition,
  type ContentCondition,
  type OneOrMore,
  type Scalar,
  type TraitCondition,
  type ValueTest,
} from './conditions.js';

/*
 * Whether one condition matches whatever another one matches. Where that is not certain the answer is no, so that a warning
 * is never wrong.
 */

/** Whether every lead that meets `narrow` meets `wide`. */
export const coversTraits = (wide: TraitCondition, narrow: TraitCondition): boolean =>
  Object.entries(wide).every(([name, test]) => {
    const other = narrow[name];
    return other !== undefined && coversValues(test, other);
  });

function coversValues(wide: ValueTest, narrow: ValueTest): boolean {
  if (narrow.is !== undefined) {
    const passes = valueTest(wide);
    return listOf<Scalar>(narrow.is).every((value) => passes(value));
  }
  const { known, is, words, atLeast, atMost } = wide;
  if (is !== undefined) return false;
  if (known === false && narrow.known !== false) return false;
  if (known === true && !impliesKnown(narrow)) return false;
  if (words !== undefined && !coversWords(words, narrow.words)) return false;
  if (atLeast !== undefined && !((narrow.atLeast ?? -Infinity) >= atLeast)) return false;
  return atMost === undefined || (narrow.atMost ?? Infinity) <= atMost;
}

const impliesKnown = ({ known, words, atLeast, atMost }: ValueTest): boolean =>
  known === true || words !== undefined || atLeast !== undefined || atMost !== undefined;

/** `vice president` is covered by `president`: whoever has the phrase has the word. */
function coversWords(wide: readonly string[], narrow: readonly string[] | undefined): boolean {
  const passes = valueTest({ words: wide });
  return narrow?.every((phrase) => passes(phrase)) ?? false;
}

const LISTS = ['kind', 'channel', 'source', 'campaign', 'name', 'trigger'] as const;
const OTHERS = ['property', 'afterTrigger', 'afterSilenceDays', 'count'] as const;

/** Whether every touchpoint that meets `narrow` meets `wide`. */
export const coversTouch = (wide: Condition, narrow: Condition): boolean =>
  LISTS.every((part) => coversList<string>(wide[part], narrow[part])) &&
  coversContent(wide.content, narrow.content) &&
  OTHERS.every((part) => wide[part] === undefined || equal(wide[part], narrow[part]));

function coversContent(wide: ContentCondition | undefined, narrow: ContentCondition | undefined): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  return (['id', 'type', 'stage', 'url'] as const).every((part) => coversList(wide[part], narrow[part]));
}

function coversList<T>(wide: OneOrMore<T> | undefined, narrow: OneOrMore<T> | undefined): boolean {
  if (wide === undefined) return true;
  return narrow !== undefined && listOf(narrow).every((value) => listOf(wide).includes(value));
}

/** Of parts of a document: JSON. */
const equal = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
