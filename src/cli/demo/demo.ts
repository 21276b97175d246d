import {
  biggestOpportunity,
  hottestLeads,
  modelsCompared,
  pipelineByMonth,
  revenueByContent,
} from './answers.js';
import { DAY, lastMonday } from './calendar.js';
import { pipeline } from './opportunities.js';
import { opportunitiesOf, DEMO_DAYS, DEMO_PEOPLE, type DemoData, generate, prefixOf } from './generate.js';
import { population } from './people.js';
import { DemoProblem, demoServer, type DemoServer } from './server.js';
import { sendOpportunities, sendMessages } from './send.js';
import { waitForReadModels } from './wait-for-read-models.js';

/**
 * `npm run demo`: sends half a year of a fictitious company to a running server through its public collectors and API,
 * waits until the read models have it, and prints five answers. Again, it finds everything there and changes nothing.
 *
 * @returns the exit code
 */
export async function demo({ people }: { people?: string }): Promise<number> {
  try {
    await run(people === undefined ? DEMO_PEOPLE : sizeOf(people));
    return 0;
  } catch (error) {
    if (!(error instanceof DemoProblem)) throw error;
    console.error(`touchline: ${error.message}`);
    return 1;
  }
}

async function run(people: number): Promise<void> {
  const server = await demoServer(process.env);
  await server.check();
  const { until, isAgain } = await period(server, people);
  const data = generate(until, people);
  console.log(introduction(server, data, isAgain));
  // The first opportunity goes first: by it the next demo finds out which half-year is here.
  await sendOpportunities(server, data.opportunities.slice(0, 1));
  await sendMessages(server, data.messages);
  await sendOpportunities(server, data.opportunities.slice(1));
  const position = await waitForReadModels(server);
  await printAnswers(server, data, position);
}

function sizeOf(text: string): number {
  const people = Number(text);
  if (Number.isInteger(people) && people >= 10 && people <= 100_000) return people;
  throw new DemoProblem(`Usage: npm run demo -- [--people N], N from 10 to 100000 (default ${DEMO_PEOPLE})`);
}

/** The half-year of the demo that is there already, else the one up to last Monday. */
async function period(server: DemoServer, people: number): Promise<{ until: Date; isAgain: boolean }> {
  const prefix = prefixOf(people);
  const first = await server.get(`/api/opportunities/${prefix}-0001`);
  const now = lastMonday(Date.now());
  if (first === undefined) return { until: now, isAgain: false };
  const openedAt = Date.parse(String(first['openedAt']));
  const accounts = population(prefix, people);
  // The first opportunity is opened in the first weeks: only those half-years can have it.
  for (let until = +lastMonday(openedAt + DEMO_DAYS * DAY); until > openedAt; until -= 7 * DAY) {
    const [opportunity] = pipeline(prefix, accounts, opportunitiesOf(people), until - DEMO_DAYS * DAY, until);
    if (opportunity?.openedAt === openedAt) return { until: new Date(until), isAgain: true };
  }
  throw new DemoProblem(
    `${server.url} has the demo of another version of Touchline; use a fresh data folder (TOUCHLINE_DATA_DIR)`,
  );
}

function introduction({ url }: DemoServer, data: DemoData, isAgain: boolean): string {
  const { accounts, opportunities, touchpoints, from, until } = data;
  const people = accounts.reduce((sum, account) => sum + account.people.length, 0);
  const count = (number: number, what: string): string => `${number.toLocaleString('en-US')} ${what}`;
  return [
    `Brightwork sells maintenance software to factories: ${count(accounts.length, 'companies')}, ${count(people, 'people')}, ` +
      `${count(touchpoints, 'touchpoints')}, ${count(opportunities.length, 'opportunities')}`,
    `from ${day(from)} to ${day(until)}, sent to ${url}${isAgain ? ' again: nothing will change' : ''}`,
    '',
  ].join('\n');
}

const day = (date: Date): string => date.toISOString().slice(0, 10);

async function printAnswers(server: DemoServer, data: DemoData, position: bigint): Promise<void> {
  const answers = [revenueByContent, modelsCompared, pipelineByMonth, biggestOpportunity, hottestLeads];
  for (const [index, answer] of answers.entries()) {
    const { question, table, how } = await answer(server, data);
    console.log(`\n${index + 1}. ${question}\n${table}\n   GET ${server.url}${how}`);
  }
  console.log(
    `\nQuery it yourself: curl -s -H 'Authorization: Bearer ${server.apiKey}' '${server.url}/api/attribution?model=linear&by=campaign'` +
      `\nWith &asOf=${position} a response never changes. All queries: ${server.url}/docs`,
  );
}
