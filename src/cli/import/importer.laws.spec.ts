import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importTarget, inputFile } from '../../../test/import-target.js';
import type { Touchpoint } from '../../domain/touchpoint.js';
import { type EventStore, StoreUnavailable } from '../../event-store/event-store.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { FactWriter } from './fact-writer.js';
import { Importer } from './importer.js';
import { Input } from './input.js';
import type { InputFile } from './input-files.js';
import { nativeRows } from './json-rows.js';
import { lineEnd } from './row-splitter.js';

const ROWS = 8_000;

let folder: string;
let file: InputFile;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-importer-'));
  // A row in ten has neither id nor time, one in a hundred is broken.
  const row = (nr: number): string =>
    nr % 100 === 7
      ? `{"nr":${nr}`
      : JSON.stringify({
          ...{ kind: 'page_view', userId: `u-${nr % 50}`, properties: { nr } },
          ...(nr % 10 !== 0 && {
            messageId: `m-${nr}`,
            occurredAt: new Date(Date.UTC(2026, 0) + nr).toISOString(),
          }),
        });
  file = await inputFile(
    join(folder, 'rows'),
    Array.from({ length: ROWS }, (_, nr) => `${row(nr)}\n`).join(''),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A process that is killed at one of its writes to the log, before or after that is committed; or only that write fails. */
interface Kill {
  readonly atWrite: number;
  readonly isCommitted: boolean;
  readonly isAlone: boolean;
}

function killedAt(store: EventStore, { atWrite, isCommitted, isAlone }: Kill): EventStore {
  let left = atWrite;
  const dead = new StoreUnavailable('killed', 0);
  const record: EventStore['record'] = async (facts, progress) => {
    left -= 1;
    if (left > 0 || (left < 0 && isAlone)) return store.record(facts, progress);
    if (left === 0 && isCommitted) await store.record(facts, progress);
    throw dead;
  };
  return { ...store, record, progressOf: (source: string) => store.progressOf(source) };
}

function run(store: EventStore) {
  const { target, rejected } = importTarget(store);
  const source = { name: 'rows', identity: 'file-1' };
  const origin = { workspace: 'main', collector: 'import', receivedAt: new Date() };
  const writer = new FactWriter({ pipeline: target.pipeline, reader: nativeRows, source, origin });
  const importer = new Importer({
    ...{ store, writer, findEnd: lineEnd, source: 'import:file-1', restart: false, patienceMs: 0 },
  });
  const input = new Input(file.path);
  const imported = importer.run(input, new AbortController().signal).finally(() => input.close());
  return { imported, rejected };
}

test('an import that is killed at any writes and run again records each row exactly once', async () => {
  const kill = fc.record({
    atWrite: fc.integer({ min: 1, max: 9 }),
    isCommitted: fc.boolean(),
    isAlone: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(kill, { maxLength: 6 }), async (kills) => {
      const store = new MemoryEventStore();
      const broken = new Set<string>();
      for (const one of kills) {
        const { imported, rejected } = run(killedAt(store, one));
        await imported.catch((error: unknown) => {
          if (!(error instanceof StoreUnavailable)) throw error;
        });
        for (const { payload } of rejected) broken.add(payload.toString());
      }

      const { imported, rejected } = run(store);
      const { summary, isComplete } = await imported;
      for (const { payload } of rejected) broken.add(payload.toString());

      const events = await store.readAll(0n, 2 * ROWS);
      const numbers = events.map(({ data }) => (data as Touchpoint).properties?.nr as number);
      const expected = Array.from({ length: ROWS }, (_, nr) => nr).filter((nr) => nr % 100 !== 7);
      expect(numbers.sort((a, b) => a - b)).toEqual(expected);
      expect(broken.size).toBe(ROWS / 100);
      expect(isComplete).toBe(true);
      expect(summary.accepted + summary.duplicate).toBe(expected.length);
      expect(summary.rejected).toEqual(new Map([['unreadable-row', ROWS / 100]]));
    }),
    { numRuns: 15 },
  );
});

test('an import that was complete before reads nothing again', async () => {
  const store = new MemoryEventStore();
  await run(store).imported;
  const { imported } = run(killedAt(store, { atWrite: 1, isCommitted: false, isAlone: false }));
  expect(await imported).toMatchObject({ isNew: false, isComplete: true });
});

test('an import that is stopped finishes what is under way and goes on there', async () => {
  const store = new MemoryEventStore();
  const { target } = importTarget(store);
  const stopping = new AbortController();
  const origin = { workspace: 'main', collector: 'import', receivedAt: new Date() };
  const source = { name: 'rows', identity: 'file-1' };
  const writer = new FactWriter({ pipeline: target.pipeline, reader: nativeRows, source, origin });
  const options = { store, writer, findEnd: lineEnd, source: 'import:file-1', restart: false };
  const first = new Importer({ ...options, onProgress: ({ offset }) => offset > 0 && stopping.abort() });
  const stopped = await first.run(new Input(file.path), stopping.signal);
  expect(stopped.isComplete).toBe(false);
  const { length: before } = await store.readAll(0n, 2 * ROWS);
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(ROWS / 2);

  const resumed = await new Importer(options).run(new Input(file.path), new AbortController().signal);

  expect(resumed).toMatchObject({ isComplete: true, resumedAt: stopped.line });
  expect(resumed.summary.duplicate).toBe(0);
  expect(await store.readAll(0n, 2 * ROWS)).toHaveLength(ROWS - ROWS / 100);
});
