import { isDeepStrictEqual } from 'node:util';
import { valueAt } from '../../../domain/value-test.js';
import type { CollectorConfig } from '../../../workspaces/collector-config.js';
import type { JsonObject } from '../../json.js';
import { reject, type Rejected } from '../../outcome.js';
import { crmRulesOf, type CrmRule } from './rules.js';

/** A reason is a line: so many values of a path, and so much of the one that was sent. */
const [MOST_VALUES, VALUE_LENGTH] = [20, 100];

/** Why no rule applies to an item: what it says of the kind of its object, and what the rules know. */
export function unknownObject(item: JsonObject, collector: CollectorConfig | undefined): Rejected {
  const known = knownValues(crmRulesOf(collector));
  for (const [path, values] of known) {
    const sent = scalarText(valueAt(item, path));
    if (sent === undefined || values.has(sent.toLowerCase())) continue;
    return reject('object-unknown', `must be one of ${listed(values)}, and is ${quoted(sent)}`, path);
  }
  const paths = [...known].map(([path, values]) => `${path} (${listed(values)})`).join(' or ');
  const expected = paths && `; they look at ${paths}`;
  return reject('object-unknown', `no rule in \`objects\` of the collector applies to it${expected}`);
}

/** By the path that rules test: the values that one of them asks for. Special cases of other rules ask for more than needed. */
function knownValues(rules: readonly CrmRule[]): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, Set<string>>();
  for (const { when = {} } of rules.filter((rule) => !rules.some((other) => isSpecialCase(rule, other))))
    for (const [path, { is = [] }] of Object.entries(when)) {
      const values = known.get(path) ?? new Set();
      for (const value of [is].flat()) values.add(String(value).toLowerCase());
      if (values.size > 0) known.set(path, values);
    }
  return known;
}

/** Whether a rule tests all that another one does, and more: without the rest an item is read by the other. */
function isSpecialCase({ when = {} }: CrmRule, { when: wider = {} }: CrmRule): boolean {
  const tests = Object.entries(wider);
  return (
    tests.length < Object.keys(when).length &&
    tests.every(([path, test]) => isDeepStrictEqual(test, when[path]))
  );
}

const scalarText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value).trim()
    : undefined;

const listed = (values: ReadonlySet<string>): string =>
  [...values].slice(0, MOST_VALUES).join(', ') + (values.size > MOST_VALUES ? ', …' : '');

const quoted = (text: string): string =>
  JSON.stringify(text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}…` : text);
