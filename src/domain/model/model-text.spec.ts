import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { changed, pathsOf, wholeDocument } from '../../../test/model-document.js';
import { likelyChanges } from '../../../test/model-arbitraries.js';
import { checkModel } from './check-model.js';
import { MODEL_LIMIT, readModelText } from './model-text.js';
import { printModel } from './print-model.js';

const read = (text: string) => {
  const { problem, faults } = { problem: 'none', faults: [], ...readModelText(text) };
  return [
    problem,
    ...faults.map(({ path, message, line, column }) => `${line}:${column} ${path} ${message}`),
  ];
};

const LEAST = `name: Least
currency: USD
personas: []
stages: []
scoring:
  halfLifeDays: 30
  rules: []
`;

test('a model is read from YAML and from JSON', () => {
  const model = { model: expect.objectContaining({ name: 'Whole' }) };
  expect(readModelText(stringify(wholeDocument()))).toMatchObject(model);
  expect(readModelText(JSON.stringify(wholeDocument()))).toMatchObject(model);
  expect(readModelText(JSON.stringify(wholeDocument(), null, '\t'))).toMatchObject(model);
});

describe('a fault names its line and column', () => {
  test.each([
    ['an unknown field', `${LEAST}colour: red\n`, '8:1 colour is unknown; allowed are:'],
    ['a wrong value', LEAST.replace('30', 'soon'), '6:3 scoring.halfLifeDays must be a number'],
    [
      'a missing field, at the part around it',
      LEAST.replace('  halfLifeDays: 30\n', ''),
      '5:1 scoring.halfLifeDays is missing',
    ],
    [
      'an entry of a list',
      LEAST.replace('rules: []', 'rules:\n    - name: x\n      when: {}\n      points: 1\n    - 7'),
      '11:7 scoring.rules[1] must be an object',
    ],
    ['JSON', '{\n  "name": "x",\n  "currency": 7\n}', '3:3 currency must be a currency code'],
    [
      'a name with a dot',
      LEAST.replace(
        'personas: []',
        'personas:\n  - id: p\n    name: P\n    when:\n      - company.size: { atLeast: x }',
      ),
      '7:25 personas[0].when[0].company.size.atLeast must be a number',
    ],
    [
      'a part behind an alias',
      LEAST.replace(
        'personas: []',
        'personas: [{ id: p, name: P, when: [{ a: { known: true } }], stages: *s }]',
      )
        .replace('stages: []', '')
        .replace('name: Least', 'name: Least\nstages: &s\n  - id: a b\n    name: A\n    enter: []'),
      '3:5 stages[0].id must be an id',
    ],
    ['nothing at all', '', '1:1  must be an object'],
    [
      'a text that PostgreSQL cannot store',
      LEAST.replace('Least', '"a\\0"'),
      '1:1 name holds a NUL character',
    ],
    ['half a surrogate pair', LEAST.replace('Least', '"\\ud800"'), '1:1 name holds a NUL character'],
    ['a number beyond all bounds', LEAST.replace('30', '1e999'), '6:3 scoring.halfLifeDays must be a number'],
  ])('%s', (_, text, expected) => {
    const [problem, ...faults] = read(text);
    expect(problem).toBe('invalid');
    expect(faults.some((fault) => fault.startsWith(expected)) ? expected : faults).toBe(expected);
  });

  test.each([
    ['what is no YAML', 'name: "x', /^1:9 {2}Missing closing "quote/],
    ['two documents', `${LEAST}---\n${LEAST}`, /^8:1 {2}Source contains multiple documents/],
    ['a tag that nobody knows', 'name: !!js/function x', /^1:7 {2}Unresolved tag/],
    ['a key that occurs twice', `${LEAST}name: Other\n`, /^8:1 {2}The key name occurs twice$/],
    ['a key that occurs twice in JSON', '{"name": "a",\n "name": "b"}', /^2:2 {2}The key name occurs twice$/],
    ['a key that is no text', '? [a]\n: 1', /^1:3 {2}A key must be a text$/],
    ['an alias of nothing', 'name: *x', /^1:7 {2}The alias \*x has no anchor before it$/],
    ['an alias of itself', 'name: &x [*x]', /alias that refers to itself/],
  ])('%s', (_, text, expected) => {
    const [problem, fault] = read(text);
    expect(problem).toBe('unreadable');
    expect(fault).toMatch(expected);
  });
});

test('a model over the limit is refused with the limit', () => {
  expect(read(`${LEAST}#${'x'.repeat(MODEL_LIMIT)}`)).toEqual([
    'too-large',
    '1:1  is over the limit of 512 KB',
  ]);
  expect(read(`${LEAST}#${'ü'.repeat(MODEL_LIMIT / 2)}`)).toEqual([
    'too-large',
    '1:1  is over the limit of 512 KB',
  ]);
});

test('aliases that stand for gigabytes are refused', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (const [at, name] of [...'bcdefghi'].entries()) {
    const before = 'abcdefgh'[at];
    bomb.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(', ')}]`);
  }
  expect(read(bomb.join('\n'))).toEqual(['unreadable', '1:1  has too many aliases']);
  const long = `a: &a ${'x'.repeat(400_000)}\nb: [*a, *a]`;
  expect(read(long)).toEqual([
    'too-large',
    '1:1  is over the limit of 512 KB when its aliases are written out',
  ]);
});

test('documents that are nested without end are refused, and do not crash', () => {
  for (const text of ['['.repeat(200_000), '- '.repeat(200_000), '{a: '.repeat(100_000)])
    expect(['unreadable', 'invalid']).toContain(read(text)[0]);
});

test('many keys are read in one pass', () => {
  const keys = Array.from({ length: 30_000 }, (_, at) => `k${at}: 1`).join('\n');
  expect(read(keys)).toHaveLength(101);
});

test('every value of a model has a place in its text', () => {
  const text = stringify(wholeDocument());
  const lines = text.split('\n');
  for (const path of pathsOf(wholeDocument()).filter((each) => each !== '')) {
    const broken = readModelText(stringify(changed(wholeDocument(), path, { broken: 1 })));
    if (!('faults' in broken)) continue;
    for (const { line } of broken.faults) expect(lines[line - 1] ?? '').not.toBe('');
  }
});

const runs = { numRuns: Number(process.env['LAW_RUNS'] ?? 300) };

test('a model that is printed and parsed is the same model', () => {
  fc.assert(
    fc.property(likelyChanges, (document) => {
      const checked = checkModel(JSON.parse(JSON.stringify(document)));
      if (!('model' in checked)) return;
      const { model } = checked;
      for (const text of [printModel(model), JSON.stringify(model)]) {
        const again = readModelText(text);
        if ('problem' in again) expect(again.faults[0]?.message).toMatch(/NUL|occurs twice/);
        else expect(again.model).toEqual(JSON.parse(JSON.stringify(model)));
      }
    }),
    runs,
  );
});

test('a printed model begins with its name and has the same order, whichever way it was written', () => {
  const model = readModelText(LEAST);
  if ('problem' in model) throw new Error('not a model');
  const text = printModel(model.model);
  expect(text).toMatch(/^name: /);
  const backwards = Object.fromEntries(Object.entries(model.model).toReversed()) as typeof model.model;
  expect(printModel(backwards)).toBe(text);
});

test('any text is read to a model or to faults with their places, and never throws', () => {
  const piece = fc.constantFrom(
    ...'[]{}:,-&*!|>\'"#?%@ \n\t',
    'a',
    'name: ',
    '- ',
    '&a ',
    '*a',
    '1e999',
    '\u0000',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      const result = readModelText(given);
      if ('model' in result) return;
      expect(result.faults.length).toBeGreaterThan(0);
      for (const { line, column } of result.faults) expect([line > 0, column > 0]).toEqual([true, true]);
    }),
    { numRuns: 3_000 },
  );
});
