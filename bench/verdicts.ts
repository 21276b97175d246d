import type { NewFact } from '../src/event-store/event-store.js';
import type { Verdict } from '../src/domain/touchpoint.js';
import { Confusion } from '../test/confusion.js';
import { poolOf } from '../test/e2e/server-process.js';
import { mailCampaign, type CampaignEvent } from '../test/mail-campaign.js';
import { watch } from './catch-up.js';
import type { Report } from './figure.js';
import { withLog } from './filled-log.js';

/** The signals were tuned on seeds below 100 only. */
const SEEDS = [1_001, 1_002, 1_003];

/** Generated mail campaigns whose actors are known: how many machines are found, how many people are lost, and at what speed. */
export async function verdicts(report: Report, recipients = 5_000): Promise<void> {
  const campaigns = SEEDS.map((seed) => mailCampaign(seed, recipients));
  const events = campaigns.flat();
  await withLog(events.map(factOf), async (server, port, dataDir) => {
    const { doneAfter } = await watch(server, port);
    const confusion = new Confusion();
    const found = await verdictsIn(dataDir);
    for (const campaign of campaigns) confusion.add(campaign, found);
    console.log(`\n${confusion.table()}\n`);
    const sent = `${SEEDS.length} campaigns to ${recipients.toLocaleString('en-US')} recipients`;
    const machines = confusion.machinesFound * 100;
    report({ name: `verdicts: machines found in ${sent}`, value: machines, unit: '%', atLeast: 95 });
    report({ name: '  actions of people lost', value: confusion.actionsLost * 100, unit: '%', atMost: 1 });
    report({ name: '  people lost', value: confusion.peopleLost * 100, unit: '%', atMost: 1 });
    const ms = doneAfter.get('journey') ?? Math.max(...doneAfter.values());
    report({
      name: '  projecting touchpoints of mails',
      value: (events.length / ms) * 1_000,
      unit: 'events/s',
    });
  });
}

const factOf = ({ event, recipient }: CampaignEvent): NewFact => ({
  workspace: 'main',
  stream: `touchpoints-${recipient}`,
  event,
});

async function verdictsIn(dataDir: string): Promise<Map<string, Verdict>> {
  const pool = await poolOf(dataDir);
  const { rows } = await pool.query<{ event_id: string; verdict: Verdict }>(
    'SELECT event_id, verdict FROM touchline.journey WHERE superseded_at IS NULL',
  );
  await pool.end();
  return new Map(rows.map(({ event_id, verdict }) => [event_id, verdict]));
}
