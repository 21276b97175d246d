import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { elementTexts } from './sent-items.js';

const space = fc.constantFrom('', ' ', '\n  ');
const element = fc.json({ maxDepth: 3 });

test('the elements of a list are found as they were written, in a body or in a member of it', () => {
  const around = fc.dictionary(
    fc.string(),
    fc.oneof(fc.string(), fc.constant([]), fc.constant({ a: [1, [2]] })),
  );
  fc.assert(
    fc.property(
      fc.array(element, { minLength: 2, maxLength: 6 }),
      space,
      around,
      (elements, blank, others) => {
        const list = `[${elements.map((text) => blank + text + blank).join(',')}]`;
        const texts = elements.map((text) => text.trim());
        expect(elementTexts(list, elements.length)).toEqual(texts);

        const before = JSON.stringify(others).slice(1, -1);
        const body = `{${before}${before && ','}"batch":${blank}${list}}`;
        expect(elementTexts(body, elements.length)).toEqual(texts);
      },
    ),
  );
});

test.each([
  ['{"batch":[1,2]}', 3],
  ['{"a":{"batch":[1,2]}}', 2],
  ['"[1,2]"', 2],
  ['[]', 2],
  ['', 2],
])('%s has no list of %d', (text, count) => {
  expect(elementTexts(text, count)).toBeUndefined();
});
