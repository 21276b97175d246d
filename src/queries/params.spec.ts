import { describe, expect, test } from '@jest/globals';
import { Problem } from '../http/problem.js';
import { Params, type RawParams } from './params.js';

const KNOWN = ['asOf', 'by', 'from', 'limit', 'minScore', 'model'];
const refusal = (given: RawParams, read: (params: Params) => unknown): Problem => {
  const params = new Params(given, KNOWN);
  read(params);
  try {
    params.check();
  } catch (error) {
    if (error instanceof Problem) return error;
  }
  throw new Error('accepted');
};

describe('what is given well is read', () => {
  const params = new Params(
    {
      asOf: '42',
      by: 'channel,month,channel',
      from: '2026-03-29',
      limit: '7',
      minScore: '-1.5',
      model: ' first ',
    },
    KNOWN,
  );

  test('each by its kind', () => {
    expect(params.position('asOf')).toBe(42n);
    expect(params.someOf('by', ['content', 'channel', 'month'])).toEqual(['channel', 'month']);
    expect(params.dayOrInstant('from')).toEqual({ day: '2026-03-29' });
    expect(params.integer('limit', 1, 10)).toBe(7);
    expect(params.number('minScore')).toBe(-1.5);
    expect(params.oneOf('model', ['first', 'last'])).toBe('first');
    expect(() => params.check()).not.toThrow();
  });

  test('what is missing or empty is undefined', () => {
    const empty = new Params({ from: '  ' }, KNOWN);
    expect([empty.dayOrInstant('from'), empty.position('asOf')]).toEqual([undefined, undefined]);
    expect(() => empty.check()).not.toThrow();
  });

  test.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00.5+02:00', '2026-01-31T07:30:00.500Z'],
  ])('an instant names its zone: %s', (from, utc) =>
    expect(new Params({ from }, KNOWN).dayOrInstant('from')).toEqual({ instant: new Date(utc) }),
  );
});

describe('what is not is named with what is allowed', () => {
  test.each([
    '',
    '2026-1-1',
    '2026-02-30',
    '0000-00-00',
    '2026-01-31T09:30:00',
    '2026-02-30T00:00:00Z',
    'yesterday',
  ])('"%s" is no date', (from) => {
    if (from === '') return;
    expect(refusal({ from }, (params) => params.dayOrInstant('from')).code).toBe('from-invalid');
  });

  test.each(['', ' ', '-1', '1.5', '1e3', 'x', '9'.repeat(19), '0x10'])('"%s" is no position', (asOf) =>
    expect(refusal({ asOf }, (params) => params.position('asOf')).code).toBe('as-of-invalid'),
  );

  test.each(['', ' ', '%20'])('"%s" is none of the allowed words', (word) => {
    expect(refusal({ model: word }, (params) => params.oneOf('model', ['first'])).code).toBe('model-unknown');
    expect(refusal({ by: word }, (params) => params.someOf('by', ['month'])).code).toBe('by-unknown');
  });

  test('a word that is not allowed', () => {
    const problem = refusal({ model: 'frist' }, (params) => params.oneOf('model', ['first', 'last']));
    expect(problem.code).toBe('model-unknown');
    expect(problem.detail).toContain('"frist" is unknown; allowed are first, last');
  });

  test('a parameter nobody knows: a typo must not change an answer silently', () => {
    const problem = refusal({ modle: 'first' }, () => undefined);
    expect(problem.code).toBe('parameter-unknown');
    expect(problem.errors).toEqual([{ path: 'modle', message: expect.stringContaining('model') }]);
  });

  test('a parameter given twice, or with a NUL', () => {
    expect(refusal({ model: ['first', 'last'] }, (params) => params.text('model')).code).toBe(
      'model-invalid',
    );
    expect(refusal({ model: 'fi\0rst' }, (params) => params.text('model')).code).toBe('model-invalid');
  });

  test('all faults at once; the code is the first one’s', () => {
    const problem = refusal({ limit: '0', asOf: 'x', by: 'day' }, (params) => {
      params.integer('limit', 1, 10);
      params.position('asOf');
      params.someOf('by', ['month'], 'cut');
    });
    expect([problem.getStatus(), problem.code]).toEqual([400, 'limit-invalid']);
    expect(problem.errors.map(({ path }) => path)).toEqual(['limit', 'asOf', 'by']);
  });
});
