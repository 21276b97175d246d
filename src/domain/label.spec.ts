import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { label, LABEL_LENGTH, tagLabel } from './label.js';

describe('label normalisation', () => {
  test.each<[string, string | undefined]>([
    ['spring', 'spring'],
    ['  Spring  Sale ', 'Spring Sale'],
    ['Spring\t\r\n Sale', 'Spring Sale'],
    ['Spring\u00a0\u2003\u3000Sale', 'Spring Sale'],
    ['', undefined],
    [' \t\u00a0\u2028', undefined],
    // NUL, as it stands and as intake has to store it; other control characters.
    ['\0', undefined],
    ['\ufffd', undefined],
    [' \0\ufffd\u0007 ', undefined],
    ['spr\0ing', 'spring'],
    ['spr\ufffding', 'spring'],
    ['spring\u0085\u009f\u007f', 'spring'],
    // Invisible: zero width, byte order mark, soft hyphen, direction marks, Hangul filler, braille blank.
    ['\u200bspr\u200cin\u200dg\ufeff', 'spring'],
    ['new\u00adsletter\u200e\u202a\u2066', 'newsletter'],
    ['\u3164\u2800\u115f', undefined],
    // One form of every character.
    ['Mu\u0308nchen', 'München'],
    ['\u212bngstr\u00f6m', 'Ångström'],
    // What writing needs stays.
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['表示 🚀', '表示 🚀'],
    ['half \ud83d', 'half'],
  ])('of %j gives %j', (value, expected) => expect(label(value)).toBe(expected));

  test('cuts long labels', () => {
    expect(label('x'.repeat(300))).toHaveLength(LABEL_LENGTH);
    expect(label(`${'x'.repeat(255)} yz`)).toBe('x'.repeat(255));
    expect(label(`${'x'.repeat(255)}🚀`)).toBe('x'.repeat(255));
    expect(label('a longer title', 8)).toBe('a longer');
  });

  const text = fc.string({
    unit: fc.oneof(
      fc.string({ minLength: 1, maxLength: 1 }),
      fc.constantFrom(
        ' ',
        '\t',
        '\0',
        '\u200d',
        '\u0308',
        '\ufeff',
        '\u00a0',
        'İ',
        'ß',
        '\ud83d',
        '🚀',
        'ی',
        '\ufffd',
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 40,
  });

  test('applied twice changes nothing, so that the label in a report selects its row', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(3, 8, LABEL_LENGTH), (value, length) => {
        const made = label(value, length);
        if (made === undefined) return;
        expect(made).not.toBe('');
        expect(made.length).toBeLessThanOrEqual(length);
        expect(made.isWellFormed()).toBe(true);
        expect(label(made, length)).toBe(made);
        const tag = tagLabel(value);
        expect(tag && tagLabel(tag)).toBe(tag);
      }),
      { numRuns: 3_000 },
    );
  });
});

test.each([
  ['LinkedIn', 'linkedin'],
  ['  Paid\u00a0 Social', 'paid social'],
  ['ÉCRIT', 'écrit'],
])('the tag %j is normalised to %j, since source and medium ignore case', (value, expected) =>
  expect(tagLabel(value)).toBe(expected),
);
