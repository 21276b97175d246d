import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EventStore } from '../../src/event-store/event-store.js';
import { appendRequest } from '../events.js';
import { appendContract } from './append.js';
import { claimsContract } from './claims.js';
import { idempotencyContract } from './idempotency.js';
import { lawsContract } from './laws.js';
import { readingContract } from './reading.js';
import { recordContract } from './record.js';
import { subscribingContract } from './subscribing.js';
import { TestLog } from './test-log.js';

/** What every adapter of the log must do. `open` gives an empty log. */
export function eventStoreContract(name: string, open: () => Promise<EventStore>): void {
  describe(`${name} as an event store`, () => {
    const log = new TestLog();
    beforeAll(() => log.open(open));
    afterAll(() => log.store.close());

    recordContract(log);
    appendContract(log);
    claimsContract(log);
    idempotencyContract(log);
    readingContract(log);
    subscribingContract(log);
    lawsContract(log);

    test('refuses facts and decisions after it was closed', async () => {
      await log.store.close();
      await expect(log.record('s', 'late')).rejects.toMatchObject({ name: 'StoreUnavailable' });
      await expect(log.append(appendRequest('s', ['late']))).rejects.toMatchObject({
        name: 'StoreUnavailable',
      });
    });
  });
}
