import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeBody } from '../../test/decode-body.js';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { mutated, mutatedBytes, withInheritedNames } from '../../test/mutations.js';
import { TOUCHPOINT_KINDS } from '../domain/touchpoint.js';
import type { Decoded, Format, RequestHead } from './format.js';
import { FORMATS } from './formats/all.js';
import { isObject } from './json.js';
import { normalise } from './normalise.js';

/**
 * Law 9 for every format in the list: whatever its fixtures are changed into, each item becomes events that can be stored, or is
 * rejected with a reason; nothing throws, no request is answered 5xx.
 */
const FOLDER = join(import.meta.dirname, '..', '..', 'test', 'formats');
const origin = { workspace: 'main', collector: 'web', receivedAt: new Date('2026-03-01T12:00:00Z') };

interface Fixture {
  readonly call: string;
  readonly body?: unknown;
  readonly base64?: string;
  readonly head?: Partial<RequestHead>;
}

const fixturesOf = ({ name }: Format): readonly Fixture[] => {
  const folder = join(FOLDER, name);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.in.json')) : [];
  return files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Fixture);
};

const bytesOf = ({ body, base64, head }: Fixture): Buffer =>
  base64 === undefined
    ? Buffer.from(body === undefined ? (head?.query ?? '') : JSON.stringify(body))
    : Buffer.from(base64, 'base64');

/** One of a request, or of the items of a fixture of records. */
const samplesOf = (fixtures: readonly Fixture[]): readonly unknown[] =>
  fixtures.flatMap(({ body }) => (body === undefined ? [] : [body]));

/** One check for all of an input: there are hundreds of thousands of texts in them, and each `expect` costs as much as reading one. */
const expectOutcome = (format: Format, call: string, decoded: Decoded): void =>
  expect([...faultsOf(format, call, decoded)]).toEqual([]);

function* faultsOf(format: Format, call: string, decoded: Decoded): Iterable<unknown> {
  if ('reply' in decoded) return;
  if ('rejected' in decoded) return yield* faultsOfReason(decoded.rejected);
  const kinds: readonly string[] = TOUCHPOINT_KINDS;
  for (const [index, item] of decoded.items.entries()) {
    const { mayHoldUnstorable } = decoded;
    const step = normalise(format, { ...origin, call }, item, { index, mayHoldUnstorable });
    if ('rejected' in step) yield* faultsOfReason(step.rejected);
    else {
      if (step.facts.length + step.reports.length === 0 || step.messageId === '') yield { lost: item };
      for (const { event } of step.facts) {
        yield* unstorableIn(event.data);
        if ('kind' in event.data && !kinds.includes(event.data.kind)) yield { kind: event.data.kind };
      }
    }
  }
}

function* faultsOfReason(reason: { readonly code: string; readonly message: string }): Iterable<unknown> {
  const { code, message } = reason;
  if (!/^[\w-]+$/.test(code) || code === 'unreadable-item' || message === '') yield { reason };
}

/** PostgreSQL stores neither NUL nor halves of surrogate pairs. */
function* unstorableIn(value: unknown): Iterable<unknown> {
  if (typeof value === 'string') {
    if (!value.isWellFormed() || value.includes('\0')) yield { unstorable: value };
  } else if (isObject(value) || Array.isArray(value))
    for (const [key, inner] of Object.entries(value)) {
      yield* unstorableIn(key);
      yield* unstorableIn(inner);
    }
}

describe.each(await FORMATS.all())('$name', (format) => {
  const fixtures = fixturesOf(format);
  const calls = [
    ...new Set([
      ...fixtures.map(({ call }) => call),
      ...format.endpoints.map(({ call }) => call),
      ...(format.record ? [format.record.call] : []),
    ]),
  ];
  const heads = [{}, ...fixtures.flatMap(({ head }) => (head ? [head] : []))];
  const bytes = fixtures.map(bytesOf);

  test('takes any bytes apart or rejects them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...calls),
        fc.constantFrom(...heads),
        mutatedBytes(bytes),
        (call, head, body) => {
          const query = body.toString('latin1');
          expectOutcome(format, call, decodeBody(format, call, body, { ...head, query }));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('reads fixtures with names that every object inherits, or rejects them', () => {
    for (const fixture of fixtures)
      for (const text of withInheritedNames(bytesOf(fixture).toString('latin1'))) {
        const head = { ...fixture.head, query: text };
        expectOutcome(
          format,
          fixture.call,
          decodeBody(format, fixture.call, Buffer.from(text, 'latin1'), head),
        );
      }
  });

  const samples = samplesOf(fixtures);
  // A format that is not JSON has none.
  if (samples.length === 0) return;
  test('reads what fixtures are changed into, or rejects it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...calls),
        fc.constantFrom(...heads),
        mutated(samples),
        (call, head, body) => {
          const text = JSON.stringify(body) as string | undefined;
          expectOutcome(format, call, decodeBody(format, call, Buffer.from(text ?? ''), head));
          for (const item of Array.isArray(body) ? (body as readonly unknown[]) : [body])
            expectOutcome(format, call, { items: [item] });
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('over HTTP', () => {
  let server: IntakeServer;
  beforeAll(async () => {
    server = await intakeServer();
  });
  afterAll(() => server.stop());

  test.each(FORMATS.list.flatMap((format) => format.endpoints.map((endpoint) => ({ ...endpoint, format }))))(
    '$method $path answers whatever it is sent, and never 5xx',
    async ({ method, path, format }) => {
      const fixtures = fixturesOf(format);
      const url = server.url + path.replace(/:\w+/g, server.keys.writeKey);
      const headers = fixtures.map(({ head }) => head?.headers ?? {});
      const hasBody = method === 'POST';
      await fc.assert(
        fc.asyncProperty(
          mutatedBytes(fixtures.map(bytesOf)),
          fc.constantFrom({}, ...headers),
          fc.constantFrom(undefined, 'gzip', 'deflate', 'br', 'toString'),
          async (body, own, encoding) => {
            const answer = await fetch(hasBody ? url : `${url}?${encodeURI(body.toString('latin1'))}`, {
              ...{ method, redirect: 'manual' },
              ...(hasBody && { body: new Uint8Array(body) }),
              headers: {
                ...(own as Record<string, string>),
                authorization: `Bearer ${server.keys.writeKey}`,
                ...(encoding && { 'content-encoding': encoding }),
              },
            });
            await answer.arrayBuffer();
            expect(answer.status).toBeLessThan(500);
          },
        ),
        { numRuns: 15 },
      );
    },
  );

  test('left events that every later step can read', async () => {
    const { rows } = await server.database.pool.query<{ count: string }>(
      `SELECT count(*) FROM touchline.event WHERE jsonb_typeof(data::jsonb) = 'object' AND (data::jsonb)::text IS NOT NULL`,
    );
    expect(BigInt(rows[0]?.count ?? 0)).toBe(await server.store.head());
  });
});
