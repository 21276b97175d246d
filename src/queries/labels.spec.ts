import { expect, test } from '@jest/globals';
import { native } from '../intake/formats/native.js';
import { Reading } from '../intake/reading.js';
import { ExplainAttribution } from './attribution-explain.js';

test.each([
  ['source', ' LinkedIn ', 'linkedin'],
  ['source', 'Mu\u0308nchen', 'münchen'],
  ['campaign', ' Spring\u00a0 Sale', 'Spring Sale'],
  ['campaign', 'spring\u200b', 'spring'],
  ['content', ' wp-1 ', 'wp-1'],
  ['content', `https://acme.example/${'x'.repeat(300)}`, `https://acme.example/${'x'.repeat(300)}`],
  ['content', `https://acme.example/${'x'.repeat(2029)}`, `https://acme.example/${'x'.repeat(2029)}`],
  ['campaign', '\u200b', undefined],
])('the parameter %s=%j selects the row with the normalised label %j', (cut, value, shown) =>
  expect(new ExplainAttribution('main', { [cut]: value }).number.cell.cut).toEqual(
    shown === undefined ? {} : { [cut]: shown },
  ),
);

test.each(['LinkedIn', ' NEWSLETTER  May', 'ÉTÉ', 'new\u00adsletter'])(
  'the source %j is normalised in the same way in events and in queries',
  (source) => {
    const read = native.read(
      { messageId: 'm', kind: 'page_view', userId: 'u', source },
      new Reading({ call: 'touchpoints' }),
    );
    const data = 'facts' in read ? read.facts[0]?.data : undefined;
    expect(data).toMatchObject({ source: new ExplainAttribution('main', { source }).number.cell.cut.source });
  },
);
