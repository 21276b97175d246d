import { describe, expect, test } from '@jest/globals';
import { changed, wholeDocument } from '../../../test/model-document.js';
import { checkModel } from './check-model.js';
import { LIFECYCLES } from '../lifecycle.js';
import { TOUCHPOINT_KINDS, CHANNELS } from '../touchpoint.js';

const faultsOf = (document: unknown) => {
  const checked = checkModel(document);
  return 'faults' in checked ? checked.faults.map(({ path, message }) => ({ path, message })) : [];
};
/** The one fault of the whole document with another value at a path. */
const faultOf = (path: string, value: unknown) => faultsOf(changed(wholeDocument(), path, value));

const OBJECT = 'must be an object';
const LIST = 'must be a list';
const TEXT = 'must be a non-empty text';
const ID = 'must be an id of letters, digits, "-", "_" and "."';
const TRUTH = 'must be true or false';
const MISSING = 'is missing';
const ONE = 'must have at least 1 entries';
const SOMETHING = 'must have at least one test';
const CURRENCY = 'must be a currency code of three capital letters';
const DATE = 'must be a date in the form YYYY-MM-DD, in quotes';
const DAYS = 'must be a number from 0.001 to 36500';
const POINTS = 'must be a number from -1000000 to 1000000';
const ZONE = 'must be a time zone such as Europe/Berlin or UTC';
const WILDCARDS = 'must have at most four wildcards';
const QUERY = 'must have parameters with values, such as ?id=*';
const HOST = 'must be a host such as login.acme.com (it includes its subdomains)';
const ROUTE = 'must have a route after #, such as #/pricing; other fragments are not supported';
const SCALAR = 'must be a text, a number, true or false';
const KIND = `must be one of: ${TOUCHPOINT_KINDS.join(', ')}`;
const CHANNEL = `must be one of: ${CHANNELS.join(', ')}`;
const known = (...names: string[]) => `is unknown; allowed are: ${names.join(', ')}`;
const PART = 'must have at least one part';
const LIFECYCLE = `must be one of: ${LIFECYCLES.join(', ')}`;
const LEAD_CONDITION = ['persona', 'stage', 'lifecycle', 'grade', 'email', 'score', 'traits', 'account', 'did', 'didNot', 'any', 'none']; // prettier-ignore
const TOUCH = ['kind', 'channel', 'source', 'campaign', 'name', 'property', 'content'];
const LEAD_PARTS = ['leadDefinitions', 'leadFilters', 'segments', 'routing', 'businessHours', 'serviceLevels', 'nurture', 'internalDomains', 'competitorDomains', 'investments']; // prettier-ignore
const CONDITION = ['kind', 'channel', 'source', 'campaign', 'name', 'property', 'content', 'afterSilenceDays', 'count']; // prettier-ignore

test('a complete model is valid and returned unchanged', () => {
  const document = wholeDocument();
  expect(checkModel(document)).toMatchObject({ model: document });
});

describe('a document with one fault', () => {
  const when = 'stages[0].enter[0].when';
  const title = 'personas[0].when[0].title';
  const content = 'contents[0]';
  const rule = 'scoring.rules[0]';

  test.each<[path: string, value: unknown, message: string, place?: string]>([
    ['', null, OBJECT],
    ['', [], OBJECT],
    ['', 'name: x', OBJECT],
    ['name', undefined, MISSING],
    ['name', ' ', TEXT],
    ['name', 7, TEXT],
    ['currency', undefined, MISSING],
    ['currency', 'eur', CURRENCY],
    ['currency', 'EURO', CURRENCY],
    ['personas', undefined, MISSING],
    ['stages', undefined, MISSING],
    ['scoring', undefined, MISSING],
    ['stage', [], known('name', 'currency', 'personas', 'stages', 'scoring', 'timeZone', 'rates', 'triggers', 'contents', 'grading', 'sessionIdleMinutes', 'relays', 'mailProviders', 'attribution', ...LEAD_PARTS, '$schema')], // prettier-ignore
    ['timeZone', 'Mars/Olympus', 'is not a known time zone'],
    ['timeZone', null, ZONE],

    ['rates', {}, LIST],
    ['rates[0]', 0.9, OBJECT],
    ['rates[0].currency', 'usd', CURRENCY],
    ['rates[0].date', '2026-1-31', DATE],
    ['rates[0].date', '2026-02-30', 'is not a day of the calendar'],
    ['rates[0].date', 20260131, DATE],
    ['rates[0].rate', 0, 'must be a number from 1e-9 to 1000000000'],
    ['rates[0].rate', '0.9', 'must be a number from 1e-9 to 1000000000'],

    ['personas', {}, LIST],
    ['personas[0].id', 'a chief', ID],
    ['personas[0].id', `${'a'.repeat(100)}b`, ID],
    ['personas[1].id', 'chief', 'occurs twice: chief'],
    ['personas[0].name', '', TEXT],
    ['personas[0].description', 7, TEXT],
    ['personas[0].title', 'CFO', known('id', 'name', 'when', 'description', 'stages')],
    ['personas[0].when', [], ONE],
    ['personas[0].when', {}, LIST],
    ['personas[0].when[0]', {}, SOMETHING],
    ['personas[0].when[0]', 'CFO', OBJECT],
    [title, {}, SOMETHING],
    [title, 'CFO', OBJECT],
    [`${title}.word`, 'CFO', known('is', 'words', 'atLeast', 'atMost', 'known')],
    [`${title}.is`, [], ONE],
    [`${title}.is`, null, SCALAR],
    [`${title}.is`, ['CFO', {}], SCALAR, `${title}.is[1]`],
    [`${title}.words`, 'CFO', LIST],
    [`${title}.words`, [], ONE],
    [`${title}.words[1]`, ' ', TEXT],
    [`${title}.atLeast`, '50', 'must be a number'],
    [`${title}.atMost`, Infinity, 'must be a number'],
    [`${title}.known`, 'yes', TRUTH],
    ['personas[0].stages', {}, LIST],
    ['personas[0].stages[0].enter[0].when.kind', 'demo', KIND],

    ['stages', {}, LIST],
    ['stages[0].id', '-look', ID],
    ['stages[1]', { id: 'look', name: 'Again', enter: [] }, 'occurs twice: look', 'stages[1].id'],
    ['stages[0].name', undefined, MISSING],
    ['stages[0].enter', {}, LIST],
    ['stages[0].enter[0].name', '', TEXT],
    ['stages[0].enter[1].name', 'reads', 'occurs twice: reads'],
    ['stages[0].enter[0].when', [], OBJECT],
    ['stages[0].enter[0].back', 'yes', TRUTH],

    [`${when}.kinds`, 'page_view', known(...CONDITION, 'trigger', 'afterTrigger')],
    [`${when}.kind`, 'page view', KIND],
    [`${when}.kind`, [], ONE],
    [`${when}.kind[1]`, 'page view', KIND],
    [`${when}.channel`, 'mail', CHANNEL],
    [`${when}.source`, '', TEXT],
    [`${when}.campaign`, null, TEXT],
    [`${when}.name`, ['Read', 7], TEXT, `${when}.name[1]`],
    [`${when}.property`, {}, SOMETHING],
    [`${when}.property.plan`, {}, SOMETHING],
    [`${when}.content`, 'paper', OBJECT],
    [`${when}.content.title`, 'Paper', known('id', 'type', 'stage', 'url')],
    [`${when}.content.id`, '', TEXT],
    [`${when}.content.type`, [], ONE],
    [`${when}.content.stage`, 'a stage', ID],
    [`${when}.content.url`, '/*/*/*/*/*', WILDCARDS],
    [`${when}.content.url`, '/papers?page', QUERY],
    [`${when}.content.url[0]`, '/papers#top', ROUTE],
    [`${when}.trigger`, 'a budget', ID],
    [`${when}.afterTrigger`, 'budget', OBJECT],
    [`${when}.afterTrigger.trigger`, undefined, MISSING],
    [`${when}.afterTrigger.withinDays`, undefined, MISSING],
    [`${when}.afterTrigger.withinDays`, 0, DAYS],
    [`${when}.afterSilenceDays`, 36_501, DAYS],
    [`${when}.count`, 2, OBJECT],
    [`${when}.count.atLeast`, undefined, MISSING],
    [`${when}.count.atLeast`, 0, 'must be a whole number from 1 to 1000'],
    [`${when}.count.atLeast`, 1.5, 'must be a whole number from 1 to 1000'],
    [`${when}.count.withinDays`, '7', DAYS],

    ['triggers', {}, LIST],
    ['triggers[0].id', '', ID],
    ['triggers[1]', { id: 'budget', when: {} }, 'occurs twice: budget', 'triggers[1].id'],
    ['triggers[0].name', '', TEXT],
    ['triggers[0].when', undefined, MISSING],
    ['triggers[0].when.trigger', 'budget', known(...CONDITION)],

    ['contents', {}, LIST],
    [`${content}.id`, '', TEXT],
    ['contents[1]', { id: 'paper', title: 'P', type: 't' }, 'occurs twice: paper', 'contents[1].id'],
    [`${content}.title`, undefined, MISSING],
    [`${content}.type`, undefined, MISSING],
    [`${content}.stage`, 'a stage', ID],
    [`${content}.personas`, 'chief', LIST],
    [`${content}.author`, '', TEXT],
    [`${content}.publisher`, 'us', 'must be one of: ours, analyst, media, independent_expert'],
    [`${content}.urls`, '/papers/*', LIST],
    [`${content}.urls[0]`, '', TEXT],
    [`${content}.urls[1]`, '**/*/**/*/**', WILDCARDS],
    [`${content}.urls[1]`, '/papers?id=*&', QUERY],
    [`${content}.urls[1]`, '/papers?=7', QUERY],
    [`${content}.urls[1]`, '/papers?id=', QUERY],
    [`${content}.urls[1]`, '/#pricing', ROUTE],
    [`${content}.eachPage`, 1, TRUTH],
    [`${content}.url`, '/x', known('id', 'title', 'type', 'stage', 'personas', 'alsoServes', 'author', 'publisher', 'urls', 'eachPage')], // prettier-ignore

    ['relays', 'login.acme.example', LIST],
    ['relays[0]', 'https://login.acme.example', HOST],
    ['relays[0]', '*.acme.example', HOST],
    ['relays[1]', 'localhost', HOST],
    ['relays[1]', '', HOST],
    ['mailProviders', [], OBJECT],
    ['mailProviders.add', 'isp.example', LIST],
    ['mailProviders.add[0]', 'ada@isp.example', HOST],
    ['mailProviders.remove[0]', 7, HOST],
    ['mailProviders.keep', [], known('add', 'remove')],

    ['scoring', [], OBJECT],
    ['scoring.halfLifeDays', undefined, MISSING],
    ['scoring.halfLifeDays', 0, DAYS],
    ['scoring.rules', undefined, MISSING],
    [
      'scoring.rules[1]',
      { name: 'page', when: {}, points: 1 },
      'occurs twice: page',
      'scoring.rules[1].name',
    ],
    [`${rule}.name`, '', TEXT],
    [`${rule}.when`, undefined, MISSING],
    [`${rule}.points`, undefined, MISSING],
    [`${rule}.points`, 1_000_001, POINTS],
    [`${rule}.cap`, 3, OBJECT],
    [`${rule}.cap.count`, 0, 'must be a whole number from 1 to 1000000'],
    [`${rule}.cap.per`, 'year', 'must be one of: session, day, week, month, ever'],
    [`${rule}.oncePerContent`, 'yes', TRUTH],
    [`${rule}.persona[0]`, 'a chief', ID],

    ['grading.rules', undefined, MISSING],
    ['grading.rules[0].when', {}, SOMETHING],
    ['grading.rules[1]', { name: 'large', when: { a: { known: true } }, points: 1 }, 'occurs twice: large', 'grading.rules[1].name'], // prettier-ignore
    ['grading.rules[0].points', '50', POINTS],
    ['grading.grades', undefined, MISSING],
    ['grading.grades.E', undefined, MISSING],
    ['grading.grades.F', 0, known('A', 'B', 'C', 'D', 'E')],
    ['grading.grades.B', 80, 'must decrease from A to E', 'grading.grades'],

    ['sessionIdleMinutes', 0.5, 'must be a number from 1 to 1440'],
    ['sessionIdleMinutes', 1441, 'must be a number from 1 to 1440'],

    ['leadDefinitions', {}, LIST],
    ['leadDefinitions[1]', {}, 'must have at least one requirement'],
    ['leadDefinitions[1].persona', 'chief', 'has a lead definition already: chief'],
    [
      'leadDefinitions[0].persona',
      undefined,
      'is the second lead definition without a persona',
      'leadDefinitions[1]',
    ],
    ['leadDefinitions[0].minScore', 1e10, 'must be a number from -1000000000 to 1000000000'],
    ['leadDefinitions[0].minGrade', 'G', 'must be one of: A, B, C, D, E, F'],
    ['leadDefinitions[0].triggers', [], ONE],
    ['leadDefinitions[0].disqualifiers[0].when', {}, PART],
    ['leadFilters[0].outcome', 'drop', 'must be one of: disqualify, nurture, hold'],
    ['leadFilters[1].name', 'competitors', 'occurs twice: competitors'],
    ['segments[0].when.segment', 'readers', known(...LEAD_CONDITION)],
    ['segments[0].when.score', {}, 'must have atLeast or atMost'],
    [
      'segments[0].when.score.atLeast',
      91,
      'must have an atLeast that is not above atMost',
      'segments[0].when.score',
    ],
    ['segments[0].when.lifecycle', 'lost', LIFECYCLE],
    ['segments[0].when.account', {}, 'must have id, domain or known'],
    ['segments[0].when.did[0].atLeast', 0, 'must be a whole number from 1 to 1000'],
    ['segments[0].when.did[0].when.count', { atLeast: 2 }, known(...TOUCH)],
    ['segments[0].when.any[0]', {}, PART],
    ['segments[0].when.none[0].any', [], known(...LEAD_CONDITION.slice(0, -2))],
    ['routing.recipients', undefined, MISSING],
    ['routing.recipients[1].id', 'rep-7', 'occurs twice: rep-7'],
    ['routing.managers[1].id', 'eva', 'occurs twice: eva'],
    ['routing.recipients[0].kind', 'boss', 'must be one of: rep, partner, distributor'],
    ['routing.recipients[0].email', 'maria', 'must be an e-mail address'],
    ['routing.recipients[0].capacity', 1.5, 'must be a whole number from 0 to 100000'],
    [
      'routing.recipients[0].outOfOffice[0].to',
      '2026-12-24',
      'must have a `to`, the day of return, after `from`',
      'routing.recipients[0].outOfOffice[0]',
    ],
    ['routing.territories[0].countries[0]', 'Spain', 'must be a country code of two capital letters'],
    ['routing.strategy', 'random', 'must be one of: round_robin, least_loaded'],
    ['businessHours[0].week', {}, 'must have hours of at least one day'],
    ['businessHours[0].week.monday', [], ONE],
    ['businessHours[0].week.monday[0].from', '9:00', 'must be a time in the form HH:MM, in quotes'],
    ['businessHours[0].week.monday[0].to', '24:30', 'must be a time in the form HH:MM, in quotes'],
    [
      'businessHours[0].week.monday[0].to',
      '09:00',
      'must have a `to` after `from`',
      'businessHours[0].week.monday[0]',
    ],
    [
      'businessHours[0].week.monday[1].from',
      '12:59',
      'must begin at 13:00 or later',
      'businessHours[0].week.monday[1]',
    ],
    [
      'businessHours[0].holidays[1]',
      { date: '2026-12-25' },
      'occurs twice: 2026-12-25',
      'businessHours[0].holidays[1].date',
    ],
    ['serviceLevels[1].dueWithinHours', undefined, MISSING],
    [
      'serviceLevels[0].warnHoursBefore',
      8,
      'must have a warnHoursBefore below dueWithinHours',
      'serviceLevels[0]',
    ],
    ['nurture[0].when.trigger', 'budget', known(...TOUCH)],
    ['internalDomains[0]', 'https://acme.example', HOST],
    ['investments.period', 'day', 'must be one of: week, month, quarter, year'],
    ['investments.fiscalYearStart', 13, 'must be a whole number from 1 to 12'],
    ['scoring.rules', Array.from({ length: 1001 }, () => ({})), 'must have at most 1000 entries'],
  ])('%s: %j %s', (path, value, message, place = path) =>
    expect(faultOf(path, value)).toEqual([{ path: place, message }]),
  );
});
