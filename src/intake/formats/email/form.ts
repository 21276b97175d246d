import { reject, type Rejected } from '../../outcome.js';
import type { RequestBody } from '../../request-body.js';

/** Providers send some twenty. */
const MOST_FIELDS = 500;

const tooManyFields = reject('too-many-fields', `The form has more than ${MOST_FIELDS} fields`);

type FormFields = readonly (readonly [string, string])[] | Rejected;

/** The fields of a body that is `application/x-www-form-urlencoded`, in their order. @throws OverBudget */
export const formFields = (body: RequestBody): FormFields => body.parsed(parseForm);

function parseForm(body: RequestBody): FormFields {
  const { text } = body;
  // Each field but the first begins with &: counted before they are parsed.
  let count = 1;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1))
    if ((count += 1) > MOST_FIELDS) return tooManyFields;
  // The text, and what becomes of it.
  body.reserve?.(2 * text.length);
  return [...new URLSearchParams(text)];
}

interface Fields {
  [name: string]: string | Fields;
}

/** Names as PHP has them, `data[merges][FNAME]`, as objects in each other; the last of two fields counts. */
export function nestedFields(fields: readonly (readonly [string, string])[]): Readonly<Fields> {
  const root = Object.create(null) as Fields;
  for (const [name, value] of fields) {
    const path = pathOf(name);
    const last = path.pop() ?? name;
    let inner = root;
    for (const part of path) {
      const next = inner[part];
      inner = typeof next === 'object' ? next : (inner[part] = Object.create(null) as Fields);
    }
    inner[last] = value;
  }
  return root;
}

/** Deeper ones are part of the last name. */
const MOST_LEVELS = 5;

function pathOf(name: string): string[] {
  const [, first, rest = ''] = /^([^[]+)((?:\[[^\]]*\])*)$/.exec(name) ?? [];
  if (first === undefined) return [name];
  const inner = rest === '' ? [] : rest.slice(1, -1).split('][');
  return [first, ...inner.slice(0, MOST_LEVELS - 1)];
}
