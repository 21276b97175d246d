import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FORMAT_NAMES, formatNamed } from '../../src/intake/formats/all.js';
import type { Normalised } from '../../src/intake/drafts.js';
import { normalise } from '../../src/intake/intake.js';
import { parseJson } from '../../src/intake/json.js';

/**
 * A format's fixtures: `<case>.in.json` is {call, body}, of a format that is not JSON {call, base64}, `<case>.out.json`
 * what each item comes to. New ones are found
 * by themselves; UPDATE_FIXTURES=1 writes the missing and changed outputs, to be read before they are committed.
 */
const folder = import.meta.dirname;
const origin = { workspace: 'main', collector: 'web', receivedAt: new Date('2026-03-01T12:00:00Z') };
const read = (path: string): unknown => parseJson(readFileSync(path, 'utf8'));

function shown(step: Normalised): unknown {
  if ('rejected' in step) return step;
  const events = step.facts.map(({ stream, event: { type, occurredAt, data } }) => ({
    ...{ stream, type, occurredAt, data },
  }));
  const { messageId, warnings } = step;
  return { messageId, events, ...(warnings.length > 0 && { warnings }) };
}

const formats = (await Promise.all(FORMAT_NAMES.map(formatNamed))).filter((format) => format !== undefined);

describe.each(formats)('$name', (format) => {
  const cases = readdirSync(join(folder, format.name)).flatMap(
    (file) => /^(.+)\.in\.json$/.exec(file)?.[1] ?? [],
  );

  test('has fixtures', () => expect(cases.length).toBeGreaterThan(2));

  test.each(cases)('%s', (name) => {
    const { call, body, base64 } = read(join(folder, format.name, `${name}.in.json`)) as {
      call: string;
      body?: unknown;
      base64?: string;
    };
    const split = base64 ? format.decode!(Buffer.from(base64, 'base64'), call) : format.split(body, call);
    if ('rejected' in split) throw new Error(split.rejected.message);

    const steps = split.items.map((item, index) =>
      shown(normalise(format, { ...origin, call }, item, { index })),
    );

    const path = join(folder, format.name, `${name}.out.json`);
    if (process.env.UPDATE_FIXTURES) writeFileSync(path, `${JSON.stringify(steps, null, 2)}\n`);
    expect(JSON.parse(JSON.stringify(steps))).toEqual(read(path));
  });
});
