import { expect, test } from '@jest/globals';
import { allOf, join, raw, sql } from './sql.js';

test('pieces nest and their parameters are numbered in the order they are read', () => {
  const condition = sql`a = ${1} AND b = ${'two'}`;
  const query = sql`SELECT ${raw('x')} FROM t WHERE ${condition} LIMIT ${3}`;
  expect(query.flatten()).toEqual({
    text: 'SELECT x FROM t WHERE a = $1 AND b = $2 LIMIT $3',
    values: [1, 'two', 3],
  });
});

test('one piece may stand in two places', () => {
  const piece = sql`${'v'}::text`;
  expect(sql`${piece} || ${piece}`.flatten()).toEqual({ text: '$1::text || $2::text', values: ['v', 'v'] });
});

test('conditions that were not asked for fall away', () => {
  expect(allOf([undefined, sql`a = ${1}`, undefined]).flatten()).toEqual({
    text: 'true AND a = $1',
    values: [1],
  });
  expect(allOf([]).flatten().text).toBe('true');
  expect(join([], ', ').flatten().text).toBe('');
});

test('what a client sent never becomes text of the query', () => {
  const { text, values } = sql`SELECT ${"'; DROP TABLE lead; --"}`.flatten();
  expect([text, values]).toEqual(['SELECT $1', ["'; DROP TABLE lead; --"]]);
});
