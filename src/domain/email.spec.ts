import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { emailAddress } from './email.js';
import { identityKey } from './identity/keys.js';

describe('e-mail address normalisation', () => {
  test.each([
    ['ada@acme.example', 'ada@acme.example'],
    ['  Ada@ACME.Example\n', 'ada@acme.example'],
    ['\u00a0ada@acme.example\u00a0', 'ada@acme.example'],
    ['\ufeffada@acme.example', 'ada@acme.example'],
    ['ada\u200b@acme.example', 'ada@acme.example'],
    ['ada@ac\u00adme.example', 'ada@acme.example'],
    ['\u202aada@acme.example\u202c', 'ada@acme.example'],
    ['ada\u2060@acme.example\u200e', 'ada@acme.example'],
    ['ada@acme.example.', 'ada@acme.example'],
    ['ada+news@acme.example', 'ada+news@acme.example'],
    ["o'brien@acme.example", "o'brien@acme.example"],
    ['a!#$%&*/=?^_`{|}~.b@acme.example', 'a!#$%&*/=?^_`{|}~.b@acme.example'],
    ['ada@my_company.example', 'ada@my_company.example'],
    ['ada@sub.acme.co.uk', 'ada@sub.acme.co.uk'],
    ['ada@münchen.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@MÜNCHEN.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@mu\u0308nchen.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@xn--mnchen-3ya.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@XN--MNCHEN-3YA.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@例え。テスト', 'ada@xn--r8jz45g.xn--zckzah'],
    ['ada@пример.рф', 'ada@xn--e1afmkfd.xn--p1ai'],
    ['jürgen@acme.example', 'jürgen@acme.example'],
    ['ju\u0308rgen@acme.example', 'jürgen@acme.example'],
  ])('of %j gives %s', (text, address) => {
    expect(emailAddress(text)).toBe(address);
    expect(identityKey('email', text)).toBe(`email:${address}`);
  });
});

test.each([
  '',
  'n/a',
  'ada',
  '@acme.example',
  'ada@',
  'ada@acme',
  'ada@localhost',
  'ada@@acme.example',
  'ada@acme@acme.example',
  'ada@acme..example',
  'ada@.acme.example',
  'ada@-acme.example',
  'ada@acme.example, bob@acme.example',
  'ada@acme.example;bob@acme.example',
  'ada@acme.example;',
  'ada@acme.example,',
  'ada@acme.example bob@acme.example',
  'ada@acme.example\nbob@acme.example',
  'ada\n@acme.example',
  'ada@acme\n.example',
  'a da@acme.example',
  'Ada <ada@acme.example>',
  'mailto:ada@acme.example',
  '"ada"@acme.example',
  'ada@acme.example/evil',
  'ada@acme.example?subject=x',
  'ada@acme.example:25',
  'ada@acme%2eexample',
  'ada@[127.0.0.1]',
  'ada@127.0.0.1',
  'ada@0x7f.1',
  'ada@xn--',
  'ada\u0007@acme.example',
  'ada\ufffd@acme.example',
  'ada\ud800@acme.example',
  `${'a'.repeat(250)}@acme.example`,
])('%j is not an e-mail address', (text) => {
  expect(emailAddress(text)).toBeUndefined();
});

test('normalising an e-mail address twice changes nothing, and the result has no invisible characters', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('ada', 'münchen', 'acme', 'xn--mnchen-3ya', '\u200b', '\u00ad', '。', '.', ' '),
  );
  const text = fc.tuple(piece, piece, piece, piece).map(([a, b, c, d]) => `${a}${b}@${c}.${d}`);
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), text), (each) => {
      const address = emailAddress(each);
      if (address === undefined) return;
      expect(emailAddress(address)).toBe(address);
      expect(address).not.toMatch(/[\s\p{Cc}\p{Cf}]/u);
    }),
    { numRuns: 1000 },
  );
});

test('space around a text changes nothing of whether it is an e-mail address, and of which', () => {
  const text = fc.stringMatching(
    /^[a-z\d.!_+'"(@-]{1,3}@(?:[a-z\d_-]{1,3}\.|xn--[a-z\d-]{0,3}\.)[a-z\d.-]{1,3}$/,
  );
  const different: string[] = [];
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), text), (each) => {
      if (emailAddress(each) !== emailAddress(` ${each} `)) different.push(each);
    }),
    { numRuns: 1000 },
  );
  expect(different).toEqual([]);
});
