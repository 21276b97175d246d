import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Confusion } from '../../test/confusion.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { mailCampaign, type CampaignEvent } from '../../test/mail-campaign.js';
import { project } from '../../test/project.js';
import { logOf } from '../../test/sample-events.js';
import type { Verdict } from '../domain/touchpoint.js';
import { journey } from './journey.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

/** Others than those that the bench uses, and than those that the signals were tuned on (below 100). */
const SEEDS = process.env['SEEDS']?.split(',').map(Number) ?? [301, 302];
const RECIPIENTS = Number(process.env['RECIPIENTS'] ?? 1_000);

async function verdictsOf(
  campaign: readonly CampaignEvent[],
  workspace: string,
): Promise<Map<string, Verdict>> {
  const log = logOf(
    campaign.map(({ event, recipient }) => ({ event, stream: `touchpoints-${recipient}` })),
    workspace,
  );
  await project(db.pool, journey, log, 2_000);
  const { rows } = await db.pool.query<{ event_id: string; verdict: Verdict }>(
    'SELECT event_id, verdict FROM touchline.journey WHERE workspace = $1 AND superseded_at IS NULL',
    [workspace],
  );
  return new Map(rows.map(({ event_id, verdict }) => [event_id, verdict]));
}

test('of generated campaigns 95 % of what machines did is found, and 1 % of the people are lost at most', async () => {
  const confusion = new Confusion();
  for (const seed of SEEDS) {
    const campaign = mailCampaign(seed, RECIPIENTS);
    confusion.add(campaign, await verdictsOf(campaign, `w-${seed}`));
  }
  if (process.env['SEEDS'])
    console.log(confusion.table(), confusion.machinesFound, confusion.actionsLost, confusion.peopleLost);
  expect(confusion.machinesFound).toBeGreaterThanOrEqual(0.95);
  expect(confusion.actionsLost).toBeLessThanOrEqual(0.01);
  expect(confusion.peopleLost).toBeLessThanOrEqual(0.01);
}, 120_000);
