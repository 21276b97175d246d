import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Format, RequestHead } from '../../src/intake/format.js';
import { FORMATS } from '../../src/intake/formats/all.js';
import { type Normalised, normalise } from '../../src/intake/normalise.js';
import { parseJson } from '../../src/intake/json.js';
import type { CollectorConfig } from '../../src/workspaces/collector-config.js';
import type { CollectorSettings } from '../../src/workspaces/collector-settings.js';
import { decodeItems } from '../decode-body.js';

/**
 * A format's fixtures: `<case>.in.json` is {call, settings?, head?, body}, of a format that is not JSON {call, text} or {call, base64},
 * of requests without a body {call, items}; `<case>.out.json` what each item comes to. `head` may hold what else the request has. Of a
 * record of Kafka, which is one item, `body` may be a list of items. New ones are found by
 * themselves; UPDATE_FIXTURES=1 writes the missing and changed outputs, to be read before they are committed.
 */
const folder = import.meta.dirname;
const origin = { workspace: 'main', collector: 'web', receivedAt: new Date('2026-03-01T12:00:00Z') };
const read = (path: string): unknown => parseJson(readFileSync(path, 'utf8'));

function shown(step: Normalised): unknown {
  if ('rejected' in step) return step;
  const events = step.facts.map(({ stream, event: { type, occurredAt, data } }) => ({
    ...{ stream, type, occurredAt, data },
  }));
  const opportunities = step.reports.map(({ report, occurredAt }) => ({ occurredAt, ...report }));
  const { messageId, warnings } = step;
  return {
    messageId,
    ...((events.length > 0 || opportunities.length === 0) && { events }),
    ...(opportunities.length > 0 && { opportunities }),
    ...(warnings.length > 0 && { warnings }),
  };
}

interface Fixture {
  readonly call: string;
  readonly body?: unknown;
  readonly base64?: string;
  readonly text?: string;
  /** Of the collector. */
  readonly settings?: CollectorSettings;
  /** Of the request beside its body: headers, query, client, collector. */
  readonly head?: Partial<RequestHead>;
  readonly items?: readonly unknown[];
}

const configOf = ({ name: format }: Format, settings: CollectorSettings): CollectorConfig => ({
  ...{ id: 'c-1', workspace: 'main', name: 'web', format, settings, mapping: [], secrets: [] },
});

function itemsOf(format: Format, name: string): readonly unknown[] {
  const path = join(folder, format.name, `${name}.in.json`);
  const { call, body, base64, text: sent, items, head } = read(path) as Fixture;
  if (items !== undefined) return items;
  if (sent !== undefined) return decodeItems(format, call, Buffer.from(sent));
  if (base64 !== undefined) return decodeItems(format, call, Buffer.from(base64, 'base64'));
  if (call === format.record?.call && Array.isArray(body)) return body as readonly unknown[];
  // The body as written in the file: JSON cannot write some of its numbers.
  const [, text = ''] = /"body":([^]*)\}\s*$/.exec(readFileSync(path, 'utf8')) ?? [];
  return decodeItems(format, call, Buffer.from(text), head);
}

describe.each(await FORMATS.all())('$name', (format) => {
  const cases = readdirSync(join(folder, format.name)).flatMap(
    (file) => /^(.+)\.in\.json$/.exec(file)?.[1] ?? [],
  );

  test('has fixtures', () => expect(cases.length).toBeGreaterThan(2));

  test.each(cases)('%s', (name) => {
    const { call, settings, head } = read(join(folder, format.name, `${name}.in.json`)) as Fixture;
    const config = head?.collector ?? (settings && configOf(format, settings));
    const from = { ...origin, call, ...(config && { config }) };

    const steps = itemsOf(format, name).map((item, index) => shown(normalise(format, from, item, { index })));

    const path = join(folder, format.name, `${name}.out.json`);
    if (process.env.UPDATE_FIXTURES) writeFileSync(path, `${JSON.stringify(steps, null, 2)}\n`);
    expect(JSON.parse(JSON.stringify(steps))).toEqual(read(path));
  });
});
