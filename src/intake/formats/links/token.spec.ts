import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { collectorOf, LINK_TYPES, openLink, sealLink } from './token.js';

test('tokens open with the secret that sealed them alone, whatever is in them', () => {
  const text = fc.option(fc.string({ unit: 'binary', maxLength: 40 }), { nil: undefined });
  const link = fc.record({
    type: fc.constantFrom(...LINK_TYPES),
    ...{
      email: text,
      userId: text,
      url: text,
      campaign: text,
      contentId: text,
      contentTitle: text,
      mailId: text,
    },
    expiresAt: fc.nat(),
  });
  fc.assert(
    fc.property(
      link,
      fc.string({ minLength: 1, maxLength: 32, unit: 'grapheme-ascii' }),
      (sealed, collector) => {
        const token = sealLink(sealed, collector, 'secret');
        expect(openLink(token, ['other', 'secret'])).toEqual(JSON.parse(JSON.stringify(sealed)));
        expect(collectorOf(token)).toBe(collector);
        expect(openLink(token, ['other'])).toBeUndefined();
      },
    ),
  );
});
