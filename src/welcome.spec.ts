import { expect, test } from '@jest/globals';
import { biUrl } from './welcome.js';

test.each([
  ['postgres://owner:secret@127.0.0.1:5433/touchline'],
  ['postgresql://owner:secret@127.0.0.1:5433/touchline'],
])('the BI login is printed as postgresql://, which all drivers accept, for %s', (databaseUrl) =>
  expect(biUrl(databaseUrl, 'touchline_bi_3f9c52d07b1e', 'p@ss/w:rd')).toBe(
    'postgresql://touchline_bi_3f9c52d07b1e:p%40ss%2Fw%3Ard@127.0.0.1:5433/touchline',
  ),
);
