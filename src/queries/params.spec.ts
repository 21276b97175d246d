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

describe('valid parameters', () => {
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

  test('are read by type', () => {
    expect(params.position('asOf')).toBe(42n);
    expect(params.someOf('by', ['content', 'channel', 'month'])).toEqual(['channel', 'month']);
    expect(params.dayOrInstant('from')).toEqual({ day: '2026-03-29' });
    expect(params.integer('limit', 1, 10)).toBe(7);
    expect(params.number('minScore')).toBe(-1.5);
    expect(params.oneOf('model', ['first', 'last'])).toBe('first');
    expect(() => params.check()).not.toThrow();
  });

  test('that are missing or empty are undefined', () => {
    const empty = new Params({ from: '  ' }, KNOWN);
    expect([empty.dayOrInstant('from'), empty.position('asOf')]).toEqual([undefined, undefined]);
    expect(() => empty.check()).not.toThrow();
  });

  test.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00.5+02:00', '2026-01-31T07:30:00.500Z'],
  ])('can be a timestamp with a time zone: %s', (from, utc) =>
    expect(new Params({ from }, KNOWN).dayOrInstant('from')).toEqual({ instant: new Date(utc) }),
  );
});

describe('invalid parameters', () => {
  test.each([
    '',
    '2026-1-1',
    '2026-02-30',
    '0000-00-00',
    '2026-01-31T09:30:00',
    '2026-02-30T00:00:00Z',
    'yesterday',
  ])('are reported with the allowed values: the date "%s"', (from) => {
    if (from === '') return;
    expect(refusal({ from }, (params) => params.dayOrInstant('from')).code).toBe('from-invalid');
  });

  test.each(['', ' ', '-1', '1.5', '1e3', 'x', '9'.repeat(19), '0x10'])(
    'are reported with the allowed values: the position "%s"',
    (asOf) => expect(refusal({ asOf }, (params) => params.position('asOf')).code).toBe('as-of-invalid'),
  );

  test.each(['', ' ', '%20'])('are reported with the allowed values: the word "%s"', (word) => {
    expect(refusal({ model: word }, (params) => params.oneOf('model', ['first'])).code).toBe('model-unknown');
    expect(refusal({ by: word }, (params) => params.someOf('by', ['month'])).code).toBe('by-unknown');
  });

  test('are reported with the allowed values: a word of a list', () => {
    const problem = refusal({ model: 'frist' }, (params) => params.oneOf('model', ['first', 'last']));
    expect(problem.code).toBe('model-unknown');
    expect(problem.detail).toContain('"frist" is unknown; allowed are first, last');
  });

  test('include unknown ones, since a typo must not change a response silently', () => {
    const problem = refusal({ modle: 'first' }, () => undefined);
    expect(problem.code).toBe('parameter-unknown');
    expect(problem.errors).toEqual([{ path: 'modle', message: expect.stringContaining('model') }]);
  });

  test('include ones that are given twice or contain NUL', () => {
    expect(refusal({ model: ['first', 'last'] }, (params) => params.text('model')).code).toBe(
      'model-invalid',
    );
    expect(refusal({ model: 'fi\0rst' }, (params) => params.text('model')).code).toBe('model-invalid');
  });

  test('are all reported at once, with the code of the first', () => {
    const problem = refusal({ limit: '0', asOf: 'x', by: 'day' }, (params) => {
      params.integer('limit', 1, 10);
      params.position('asOf');
      params.someOf('by', ['month'], 'cut');
    });
    expect([problem.getStatus(), problem.code]).toEqual([400, 'limit-invalid']);
    expect(problem.errors.map(({ path }) => path)).toEqual(['limit', 'asOf', 'by']);
  });
});
