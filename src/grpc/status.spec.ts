import { describe, expect, test } from '@jest/globals';
import { NotFoundException } from '@nestjs/common';
import { Refused } from '../domain/refused.js';
import { StoreUnavailable, WrongExpectedVersion } from '../event-store/event-store.js';
import { Problem } from '../http/problem.js';
import { failureOf } from '../../test/grpc.js';
import { statusOfError } from './status.js';

const seen = (error: unknown) => failureOf(statusOfError(error));
const domain = 'touchline';

describe('an error', () => {
  test.each([
    [400, 'INVALID_ARGUMENT'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'NOT_FOUND'],
    [409, 'ABORTED'],
    [413, 'RESOURCE_EXHAUSTED'],
    [415, 'INVALID_ARGUMENT'],
    [422, 'FAILED_PRECONDITION'],
    [429, 'RESOURCE_EXHAUSTED'],
    [500, 'INTERNAL'],
    [503, 'UNAVAILABLE'],
    [418, 'INTERNAL'],
  ])('that HTTP answers %d is %s, with the stable code as reason', (status, name) => {
    expect(seen(new Problem(status, 'some-code', 'Because'))).toEqual({
      ...{ status: name, message: 'Because', reason: 'some-code', domain },
    });
  });

  test('names the fields at fault', () => {
    const errors = [
      { path: 'limit', message: '"x" is not a whole number' },
      { path: 'by', message: 'cuts by three at most' },
    ];
    expect(seen(new Problem(400, 'limit-invalid', 'limit: …', errors)).fields).toEqual([
      { field: 'limit', description: '"x" is not a whole number' },
      { field: 'by', description: 'cuts by three at most' },
    ]);
  });

  test.each<[string, unknown, object]>([
    [
      'of the domain',
      new Refused('lead-pair-same', 'They are one'),
      { status: 'ABORTED', reason: 'lead-pair-same' },
    ],
    ['of a field', new Refused('amount-invalid', 'no', 'amount'), { status: 'FAILED_PRECONDITION' }],
    [
      'of a version',
      new WrongExpectedVersion('s', 'noStream', 1),
      { status: 'ABORTED', reason: 'changed-meanwhile' },
    ],
    ['of the log', new StoreUnavailable('away', 4.2), { status: 'UNAVAILABLE', retryAfter: 5 }],
    [
      'of the connection to the database',
      Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
      { status: 'UNAVAILABLE', reason: 'unavailable', retryAfter: 2 },
    ],
    ['of Nest', new NotFoundException(), { status: 'NOT_FOUND', reason: 'not-found' }],
    ['that nobody foresaw', new Error('secret'), { status: 'INTERNAL', reason: 'internal' }],
    ['that is none', 'thrown text', { status: 'INTERNAL' }],
  ])('%s', (_, error, failure) => {
    expect(seen(error)).toMatchObject(failure);
    expect(JSON.stringify(seen(error))).not.toContain('secret');
  });

  test('stays within the 8 KB that clients take, whatever was echoed', () => {
    const long = '🚀'.repeat(5_000);
    const errors = Array.from({ length: 50 }, () => ({ path: long, message: long }));
    const { metadata, details } = statusOfError(new Problem(400, 'some-code', long, errors));
    const [bytes] = metadata.get('grpc-status-details-bin') as Buffer[];
    expect((bytes!.length * 4) / 3 + encodeURI(details).length).toBeLessThan(8_192);
    expect(details.isWellFormed()).toBe(true);
  });
});
