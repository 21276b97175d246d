import { expect, test } from '@jest/globals';
import { placeholders } from './placeholder.js';

const isPlaceholder = placeholders();

test.each([
  'null',
  'NULL',
  ' Undefined ',
  '"null"',
  "'undefined'",
  'None',
  'NaN',
  '(null)',
  '<null>',
  'N/A',
  '#N/A',
  '[object Object]',
  '[object Undefined]',
  'anonymous',
  'guest',
  'distinct_id',
  '(not set)',
  '-',
  // templates that were not filled in
  '{{user_id}}',
  '{{ user.id }}',
  '{{{email}}}',
  'user-{{id}}',
  '{{first_name}}@acme.example',
  '${id}',
  '${user.email}',
  '#{user.id}',
  '@{id}',
  '{% user_id %}',
  '{user_id}',
  '{!Contact.Id}',
  '%%EMAIL%%',
  '%%emailaddr%%@acme.example',
  '%recipient.id%',
  '*|EMAIL|*',
  '*|MC:UNIQID|*',
  '[[id]]',
  'u-[[a]b]]-1',
  '[%id%]',
  '[user_id]',
  '<user_id>',
  '<%= user.id %>',
  '&lt;user_id&gt;',
  '%7B%7Buser_id%7D%7D',
  '##ID##',
  // zeros
  '0',
  '000',
  '00000000-0000-0000-0000-000000000000',
  '00000000000000000000000000000000',
  '{00000000-0000-0000-0000-000000000000}',
  'urn:uuid:00000000-0000-0000-0000-000000000000',
  // addresses of nobody
  'null@null.com',
  'Undefined@undefined.co.uk',
  'none@none.org',
  'noemail@noemail.com',
])('%j is a placeholder', (id) => {
  expect(isPlaceholder(id)).toBe(true);
});

test.each([
  'u-1',
  '1524831183200260097',
  '10',
  '0f8fad5b-d9cb-469f-a165-70867728950e',
  '00000000-0000-0000-0000-000000000001',
  '00001',
  'ada@acme.example',
  'jennifer@null.example',
  'null@acme.example',
  'none@acme.example',
  'user@acme.example',
  'guest@hotel.example',
  'test@example.com',
  'O{}o',
  '50%off',
  'a<b',
  'auth0|5f7c8ec7c33c6c004bbafe82',
  'abc=',
  'a*b',
])('%j is not a placeholder', (id) => {
  expect(isPlaceholder(id)).toBe(false);
});

test('the setting adds placeholders with * as a wildcard and removes built-in ones with !', () => {
  const own = placeholders(['Test@Example.com', '*@mailinator.com', 'demo-*', '!guest', '!{lab}']);
  expect(['test@example.com', 'x@mailinator.com', 'demo-7', 'null'].map(own)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['guest', '{Lab}', 'testXexample.com', 'demo', 'ada@acme.example'].map(own)).toEqual(
    Array(5).fill(false),
  );
});

// Regular expressions do not come to an end of these.
test.each(['[', '<', 'a.', '"'])('a long text of %s is none, which takes linear time', (part) => {
  const own = placeholders(['*a*b*c*d*e*']);
  expect([own(part.repeat(1_000_000)), own(`[[${part.repeat(1_000)}`)]).toEqual([false, false]);
});
