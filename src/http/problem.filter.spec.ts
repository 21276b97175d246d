import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type ArgumentsHost, Logger } from '@nestjs/common';
import { DatabaseUnavailable } from '../database/client.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import { Problem } from './problem.js';
import { answerTo, ProblemFilter } from './problem.filter.js';

const fault = (code: string, message = 'fault') => Object.assign(new Error(message), { code });

describe('503 with Retry-After', () => {
  test.each([
    ['the connection is refused', fault('ECONNREFUSED')],
    ['PostgreSQL is starting', fault('57P03')],
    ['PostgreSQL was stopped', fault('57P01')],
    ['its disk is full', fault('53100', 'could not extend file "base/1/2": No space left on device')],
    ['it is out of memory', fault('53200')],
    ['it has too many connections', fault('53300')],
    ['its disk fails', fault('58030')],
    ['the connection breaks', new Error('Connection terminated unexpectedly')],
    [
      'the connection breaks for the second time',
      new Error('Client has encountered a connection error and is not queryable'),
    ],
    ['the host cannot be reached', fault('EHOSTUNREACH')],
    ['none of its addresses answers', new AggregateError([fault('ECONNREFUSED'), fault('EHOSTUNREACH')])],
    ['no connection becomes free', new Error('timeout exceeded when trying to connect')],
    ['PostgreSQL is silent', new Error('Query read timeout')],
    ['a backend was killed and PostgreSQL recovers', fault('57P02')],
    ['somebody cancels a statement', fault('57014', 'canceling statement due to user request')],
    ['a transaction was idle for too long', fault('25P03')],
    ['two transactions locked each other out', fault('40P01')],
    ['a lock cannot be had in time', fault('55P03')],
    ['the session of a client is lost', new DatabaseUnavailable(fault('22003'))],
    ['an error is caused by any of these', new Error('cannot read', { cause: fault('57P01') })],
    ['the log says so', new StoreUnavailable('busy', 1)],
  ])('when %s', (_, error) => {
    expect(answerTo(error)).toMatchObject({
      status: 503,
      code: 'unavailable',
      headers: { 'retry-after': expect.stringMatching(/^[1-9]/) },
    });
  });

  test.each([
    ['a value that cannot be', fault('22003')],
    ['a statement that cannot be', fault('42601')],
    ['a mistake of ours', new TypeError('x is not a function')],
  ])('not for %s', (_, error) => {
    expect(answerTo(error)).toMatchObject({ status: 500, code: 'internal' });
  });
});

describe('the log', () => {
  const warn = jest.spyOn(Logger.prototype, 'warn');
  const error = jest.spyOn(Logger.prototype, 'error');
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000 });
    for (const spy of [warn, error]) spy.mockReset().mockReturnValue(undefined);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const catching = (): ((error: unknown) => void) => {
    const filter = new ProblemFilter();
    const reply = {
      raw: {},
      status: () => reply,
      headers: () => reply,
      header: () => reply,
      send: () => reply,
    };
    const http = { getResponse: () => reply, getRequest: () => ({ is404: false }) };
    const host = { switchToHttp: () => http } as unknown as ArgumentsHost;
    return (fault) => {
      filter.catch(fault, host);
    };
  };

  test('logs an outage once in ten seconds, with its cause', () => {
    const refuse = catching();
    const away = new StoreUnavailable('the log does not answer', 5, { cause: new Error('No space left') });
    for (let second = 0; second < 25; second += 1) {
      refuse(away);
      jest.advanceTimersByTime(1_000);
    }
    expect(warn).toHaveBeenCalledTimes(3);
    expect(warn).toHaveBeenLastCalledWith(
      'requests are answered 503: the log does not answer: No space left',
    );
    expect(error).not.toHaveBeenCalled();
  });

  test('logs every unexpected error, and no expected answer', () => {
    const refuse = catching();
    refuse(new TypeError('x is not a function'));
    refuse(new TypeError('y is not a function'));
    refuse(new Problem(503, 'projections-behind', 'wait'));
    refuse(new Problem(404, 'not-found', 'no'));
    expect(error).toHaveBeenCalledTimes(2);
    expect(warn).not.toHaveBeenCalled();
  });
});
