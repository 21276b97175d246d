import { expect, test } from '@jest/globals';
import { allOf, sql } from './sql.js';

test('allOf joins the conditions that are defined', () => {
  const { text, values } = allOf([undefined, sql`a = ${1}`, sql`b = ${2}`, undefined]);
  expect([text, values]).toEqual(['true AND a = $1 AND b = $2', [1, 2]]);
});

test('allOf without any condition is true', () => {
  expect(allOf([]).text).toBe('true');
});

test('a value in a statement becomes a parameter, never text', () => {
  const { text, values } = sql`SELECT ${"'; DROP TABLE lead; --"}`;
  expect([text, values]).toEqual(['SELECT $1', ["'; DROP TABLE lead; --"]]);
});
