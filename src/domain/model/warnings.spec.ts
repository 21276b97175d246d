import { describe, expect, test } from '@jest/globals';
import { defaultModel } from '../../commands/publish-model.js';
import { changed } from '../../../test/model-document.js';
import { checkModel } from './check-model.js';
import { modelWarnings } from './warnings.js';

/** A small model without warnings. */
const plain = () => ({
  name: 'Plain',
  currency: 'USD',
  personas: [
    { id: 'chief', name: 'Chief', when: [{ title: { words: ['CEO', 'president'] } }] },
    { id: 'engineer', name: 'Engineer', when: [{ title: { words: ['engineer'] } }] },
  ],
  stages: [
    { id: 'look', name: 'Look', enter: [{ name: 'reads', when: { kind: 'page_view' } }] },
    { id: 'choose', name: 'Choose', enter: [{ name: 'demo', when: { kind: 'demo_request' } }] },
  ],
  triggers: [{ id: 'budget', when: { kind: 'custom', name: 'Budget' } }],
  contents: [
    { id: 'paper', title: 'Paper', type: 'guide', stage: 'look', urls: ['/paper'] },
    { id: 'blog', title: 'Blog', type: 'article', stage: 'look', urls: ['/blog/**'] },
  ],
  scoring: {
    halfLifeDays: 30,
    rules: [
      { name: 'guide', when: { content: { type: 'guide' } }, points: 5 },
      { name: 'page', when: { kind: ['page_view', 'content_view'] }, points: 1 },
    ],
  },
  grading: {
    rules: [{ name: 'large', when: { employees: { atLeast: 50 } }, points: 90 }],
    grades: { A: 80, B: 60, C: 40, D: 20, E: 5 },
  },
});

function warningsOf(...changes: readonly (readonly [path: string, value: unknown])[]) {
  const document = changes.reduce<unknown>((before, [path, value]) => changed(before, path, value), plain());
  const checked = checkModel(document);
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  return modelWarnings(checked.model).map(({ path, message }) => `${path}: ${message}`);
}

test('a model in which everything can happen has no warnings', () => expect(warningsOf()).toEqual([]));

test('the default model has no warnings', async () =>
  expect(modelWarnings(await defaultModel())).toEqual([]));

const WHEN = 'stages[0].enter[0].when';
const never = (reason: string, path = WHEN) => `${path}: never matches: ${reason}`;
const unreachable = 'stages[0]: nobody can reach the stage look: none of its rules can match';

describe('a rule for entering a stage that can never match is a warning', () => {
  test.each<[when: object, reason: string]>([
    [{ property: { seats: { atLeast: 5, atMost: 4 } } }, 'no value of seats passes all its tests'],
    [{ property: { plan: { known: false, is: 'pro' } } }, 'no value of plan passes all its tests'],
    [{ property: { plan: { words: ['pro'], is: ['basic', 7] } } }, 'no value of plan passes all its tests'],
    [{ content: { stage: 'choose' } }, 'no content is mapped to the stage choose'],
    [
      { content: { stage: 'look', type: 'webinar' } },
      'no content of the type webinar is mapped to the stage look',
    ],
    [{ content: { stage: 'look', id: 'other' } }, 'no content with the id other is mapped to the stage look'],
    [{ trigger: 'budget', kind: 'page_view' }, 'the trigger budget is never of the kind page_view'],
    [
      { afterSilenceDays: 30, count: { atLeast: 2, withinDays: 7 } },
      'after 30 days of silence nothing was seen within 7 days',
    ],
  ])('%j', (when, reason) => {
    const hints = warningsOf([WHEN, when]).filter((each) => !each.includes('only what collectors send'));
    expect(hints).toEqual([unreachable, never(reason)]);
  });

  test('also through a trigger that never matches', () => {
    const dead = { property: { seats: { atLeast: 5, atMost: 4 } } };
    for (const when of [{ trigger: 'budget' }, { afterTrigger: { trigger: 'budget', withinDays: 30 } }])
      expect(warningsOf([WHEN, when], ['triggers[0].when', dead])).toEqual([
        unreachable,
        never('the trigger budget never matches'),
        never('no value of seats passes all its tests', 'triggers[0].when'),
      ]);
  });
});

test.each<[when: object]>([
  [{ kind: ['email_open', 'page_view'], channel: 'direct' }],
  [{ kind: 'webinar_attended', channel: 'direct' }],
  [{ property: { seats: { is: ['7'], atLeast: 5, atMost: 7 } } }],
  [{ content: { stage: 'look', type: ['webinar', 'guide'], id: 'paper' } }],
  [{ trigger: 'budget' }],
  [{ afterSilenceDays: 7, count: { atLeast: 2, withinDays: 30 } }],
])('a rule that can match is no warning: %j', (when) =>
  expect(warningsOf([WHEN, when]).filter((each) => !each.includes('only what collectors send'))).toEqual([]),
);

describe('what can never happen is a warning', () => {
  test.each<[title: string, changes: [string, unknown][], warnings: string[]]>([
    [
      'a stage without rules',
      [['stages[1].enter', []]],
      ['stages[1]: nobody can reach the stage choose: it has no rule'],
    ],
    [
      'a stage of a persona without rules',
      [['personas[0].stages', [{ id: 'own', name: 'Own', enter: [] }]]],
      ['personas[0].stages[0]: nobody can reach the stage own: it has no rule'],
    ],
    [
      'a persona whose every condition an earlier persona has',
      [['personas[1].when', [{ title: { words: ['vice president'] }, country: { is: 'ES' } }]]],
      ['personas[1]: nobody becomes engineer: chief comes before it and matches whomever it matches'],
    ],
    [
      'one condition of a persona that an earlier persona has',
      [['personas[1].when[1]', { title: { is: 'CEO' } }]],
      ['personas[1].when[1]: never decides: chief comes before it and matches the same'],
    ],
    [
      'a scoring rule behind a wider one',
      [['scoring.rules[2]', { name: 'late', when: { kind: 'page_view', channel: 'email' }, points: 9 }]],
      ['scoring.rules[2].when: never applies: the rule "page" comes before it and matches the same'],
    ],
    [
      'a grade that all points together do not reach',
      [['grading.rules[0].points', 70]],
      ['grading.grades.A: nobody gets the grade A: all rules together give 70 points'],
    ],
    [
      'content mapped to no stage',
      [['contents[1].stage', undefined]],
      ['contents[1]: the content blog is mapped to no stage'],
    ],
    [
      'content of a persona that does not have the stage',
      [
        ['personas[0].stages', [{ id: 'own', name: 'Own', enter: [{ name: 'any', when: {} }] }]],
        ['contents[0].personas', ['chief']],
      ],
      ['contents[0].stage: the persona chief has no stage look'],
    ],
    [
      'content behind another one with the same URL',
      [['contents[1].urls', ['/paper', '/blog/**']]],
      ['contents[1].urls[0]: never matches: paper comes before it with the same pattern'],
    ],
    [
      'a type of content that the catalogue does not have',
      [['scoring.rules[0].when.content.type', ['guide', 'giude']]],
      [
        'scoring.rules[0].when.content.type: no content of the catalogue has the type giude; only what collectors send can match',
      ],
    ],
    [
      'a segment that contradicts itself',
      [['segments', [{ id: 's', name: 'S', when: { account: { known: false, domain: 'a.example' } } }]]],
      ['segments[0].when: never matches: an account cannot be unknown and have an id or domain'],
    ],
    [
      'a segment of leads who did what they must not have done',
      [
        [
          'segments',
          [
            {
              id: 's',
              name: 'S',
              when: {
                did: [{ when: { kind: 'page_view' }, withinDays: 7 }],
                didNot: [{ when: { kind: ['page_view', 'chat'] }, withinDays: 30 }],
              },
            },
          ],
        ],
      ],
      ['segments[0].when: never matches: did[0] is excluded by didNot'],
    ],
    [
      'a segment none of whose alternatives can match',
      [
        [
          'segments',
          [{ id: 's', name: 'S', when: { any: [{ traits: { age: { atLeast: 2, atMost: 1 } } }] } }],
        ],
      ],
      ['segments[0].when: never matches: none of `any` can match: no value of age passes all its tests'],
    ],
    [
      'a lead definition with a stage that its persona does not have',
      [
        ['personas[0].stages', [{ id: 'own', name: 'Own', enter: [{ name: 'any', when: {} }] }]],
        ['leadDefinitions', [{ persona: 'chief', minStage: 'choose' }]],
      ],
      ['leadDefinitions[0].minStage: no lead qualifies: the persona chief has no stage choose'],
    ],
    [
      'a nurture rule that cannot match',
      [['nurture', [{ name: 'mails', when: { property: { plan: { known: false, is: 'x' } } } }]]],
      ['nurture[0].when: never matches: no value of plan passes all its tests'],
    ],
  ])('%s', (_, changes, warnings) => expect(warningsOf(...changes)).toEqual(warnings));
});

test('content that a scoring rule excludes with 0 points needs no stage', () => {
  const careers = { id: 'careers', title: 'Careers', type: 'careers' };
  const rule = { name: 'careers', when: { content: { type: 'careers' } }, points: 0 };
  expect(warningsOf(['contents[2]', careers], ['scoring.rules[2]', rule])).toEqual([]);
});
