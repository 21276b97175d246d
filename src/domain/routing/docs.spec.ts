import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { loadsOf } from '../../../test/recipient-loads.js';
import { TEST_MODEL } from '../../../test/journey-models.js';
import { checkModel } from '../model/check-model.js';
import type { LeadManagement } from '../model/lead-management.js';
import { routeLead } from './route-lead.js';
import { handOffTerms } from './service-level.js';

const page = await readFile(new URL('../../../docs/hand-off.md', import.meta.url), 'utf8');
const parts = parse(/```yaml\n([^]*?)```/.exec(page)?.[1] ?? '') as LeadManagement;
const model = { ...TEST_MODEL, ...parts };

/** Rows of the table whose first column has this name. */
function rowsOf(column: string): string[][] {
  const table = page.slice(page.indexOf(`| ${column} `)).split('\n\n')[0] ?? '';
  return table
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

test('the model of the page is valid', () => {
  expect(checkModel(model)).toHaveProperty('model');
});

test.each(rowsOf('country'))(
  'as the page says a lead from %s with the owner %s, of ada with %s and bob with %s, goes to %s',
  (country, owner, ada, bob, to, by) => {
    const past = [
      ...Array.from({ length: Number(ada) }, () => ({ recipient: 'ada', rule: 'home' })),
      ...Array.from({ length: Number(bob) }, () => ({ recipient: 'bob', rule: 'home' })),
    ];
    const accountOwner = owner === 'none' ? null : (owner ?? null);
    const lead = { persona: null, traits: { country }, email: null, accountOwner, matches: () => true };
    const route = routeLead(model, lead, loadsOf(past), Date.parse('2026-03-04T12:00:00Z'));
    const told = 'recipient' in route ? [route.recipient.id, route.rule] : [route.unroutable, ''];
    expect(told).toEqual([to, by]);
  },
);

test.each(rowsOf('handed off'))(
  'as the page says a lead handed off at %s is about to be due at %s',
  (at, warn, due) => {
    const [ada] = parts.routing?.recipients ?? [];
    if (!ada || at === undefined) throw new Error('the page has no recipient');
    const { dueBy, warnAt } = handOffTerms(model, () => true, ada, Date.parse(at));
    expect([warnAt, dueBy].map((instant) => instant?.replace('.000Z', 'Z'))).toEqual([warn, due]);
  },
);
