import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { changed, wholeDocument } from '../../../test/model-document.js';
import { likelyChanges } from '../../../test/model-arbitraries.js';
import { checkModel } from './check-model.js';
import { MODEL_SCHEMA } from './document-shape.js';

const accepts = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(MODEL_SCHEMA);

/** What JSON Schema cannot say. */
const BEYOND =
  /does not exist$|^occurs twice|^has a lead definition already|^is the second|^must decrease|known time zone|day of the calendar|wildcards|^must have parameters|^must have a route|^must begin at|^must have a `to`|^must have an atLeast|^must have a warn/;

const runs = { numRuns: Number(process.env['LAW_RUNS'] ?? 2_000) };

test('the JSON Schema accepts the whole document', () => {
  expect(accepts(wholeDocument())).toBe(true);
  expect(accepts({ ...wholeDocument(), $schema: 'schema.json' })).toBe(true);
});

test('the JSON Schema refuses an unknown part at any depth', () => {
  expect(accepts(changed(wholeDocument(), 'leadDefintions', []))).toBe(false);
  expect(accepts(changed(wholeDocument(), 'stages[0].enter[0].when.kinds', 'page_view'))).toBe(false);
});

test('the JSON Schema accepts what checkModel accepts, and refuses all else that a schema can say', () => {
  fc.assert(
    fc.property(likelyChanges, (document) => {
      const json = JSON.parse(JSON.stringify(document)) as unknown;
      const checked = checkModel(json);
      const faults = 'faults' in checked ? checked.faults : [];
      const allBeyond = faults.every(({ message }) => BEYOND.test(message));
      expect({ faults, accepted: accepts(json) }).toEqual({ faults, accepted: allBeyond });
    }),
    runs,
  );
});
