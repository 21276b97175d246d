import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Mapping } from '../workspaces/mapping-schema.js';
import { mappingSchema } from '../workspaces/mapping-schema.js';
import { mappingOf } from './mapping.js';
import { checker } from './schema.js';

const apply = (mapping: Mapping, subject: object = {}) => mappingOf(mapping)?.apply({ item: {}, ...subject });

test('the first rule that sets a field decides it', () => {
  const mapping: Mapping = [
    { when: { event: 'Demo *' }, set: { kind: 'demo_request', content: { type: 'demo' } } },
    { set: { kind: 'chat', campaign: 'any', content: { type: 'page', title: 'Any' } } },
  ];
  expect(apply(mapping, { event: 'demo booked' })).toEqual({
    ...{ kind: 'demo_request', campaign: 'any', content: { type: 'demo', title: 'Any' } },
  });
  expect(apply(mapping, { event: 'other' })).toMatchObject({ kind: 'chat' });
});

test.each<[Mapping[number]['when'], object, boolean]>([
  [undefined, {}, true],
  [{ event: 'a*c' }, { event: 'ABC' }, true],
  [{ event: 'a*c' }, { event: 'abcd' }, false],
  [{ event: ['x', 'com.acme.*'] }, { event: 'com.acme.report.opened' }, true],
  [{ event: '*' }, {}, false],
  [{ url: '/pricing/**' }, { url: 'https://www.acme.example/pricing/eu/de' }, true],
  [{ url: 'www.acme.example/pricing' }, { url: 'https://acme.example/pricing' }, false],
  [{ kind: ['page_view', 'custom'] }, { kind: 'custom' }, true],
  [{ kind: 'page_view' }, { kind: 'custom' }, false],
  [
    { fields: { 'properties.plan': { is: ['pro', 'team'] } } },
    { item: { properties: { plan: 'PRO' } } },
    true,
  ],
  [{ fields: { 'properties.seats': { atLeast: 10 } } }, { item: { properties: { seats: '12' } } }, true],
  [{ fields: { 'properties.plan': { known: true } } }, { item: { properties: {} } }, false],
  [{ event: 'x', kind: 'custom' }, { event: 'x', kind: 'page_view' }, false],
])('the condition %j holds of %j: %s', (when, subject, holds) => {
  expect(apply([{ ...(when && { when }), set: { campaign: 'c' } }], subject) !== undefined).toBe(holds);
});

test('a field that the item does not have sets nothing', () => {
  const mapping: Mapping = [
    { set: { campaign: { path: 'properties.a' }, accountId: { path: 'properties.b.0.c' } } },
    { set: { campaign: { path: 'properties.d' } } },
  ];
  const item = { properties: { a: { deep: 1 }, b: [{ c: 7 }], d: ' Spring ' } };
  expect(apply(mapping, { item })).toEqual({ accountId: '7', campaign: 'Spring' });
});

describe('any mapping that its schema accepts', () => {
  const name = fc.oneof(
    fc.string({ minLength: 1, maxLength: 30 }),
    fc.constantFrom('*', '**', '/a/**', 'a*b*c*'),
  );
  const text = fc.oneof(name, fc.record({ path: name }));
  const when = fc.record(
    {
      event: name,
      url: name,
      fields: fc.dictionary(name, fc.record({ is: name }), { maxKeys: 2, noNullPrototype: true }),
    },
    { requiredKeys: [] },
  );
  const set = fc.record({ campaign: text, name: text, content: fc.record({ id: text }) });
  const mapping = fc.array(fc.record({ when, set }, { requiredKeys: ['set'] }), { maxLength: 5 });

  test('is applied to any item without a fault', () => {
    const check = checker(mappingSchema);
    fc.assert(
      fc.property(mapping, fc.anything({ maxDepth: 3 }), fc.string(), (rules, value, event) => {
        fc.pre(check(rules) === undefined);
        const item =
          typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { value };
        mappingOf(rules)?.apply({
          item,
          event,
          url: `https://acme.example/${encodeURIComponent(event.toWellFormed())}`,
        });
      }),
    );
  });
});
