import type { NewEvent } from '../src/domain/events.js';
import type { NewFact } from '../src/event-store/event-store.js';
import { eventId } from '../src/domain/event-id.js';
import type { VerdictMatch } from '../src/domain/verdict/rule.js';
import type { ServerProcess } from '../test/e2e/server-process.js';
import { watch } from './catch-up.js';
import type { Report } from './figure.js';
import { history, withLog } from './filled-log.js';
import { type Size, touchesOf } from './history-events.js';

const SIZE: Size = { opportunities: 200, touchesPerOpportunity: 30, strangers: 4, openedAfter: 0.6 };
const RULES = 200;

/** Projecting in a workspace with as many rules about who acted as may be, of which none matches, beside one without. */
export async function rules(report: Report): Promise<void> {
  const without = await rateOf(0);
  const rate = await rateOf(RULES);
  report({
    name: 'projecting with 200 verdict rules of 10,000 members, against none',
    ...{ value: rate, unit: 'touches/s', ofLimit: rate / without },
  });
}

async function rateOf(count: number): Promise<number> {
  let ms = 0;
  const events = Array.from({ length: count }, (_, nr) => published(nr));
  const decisions = [{ workspace: 'main', stream: 'verdict-rules', expected: 'noStream' as const, events }];
  const work = async (server: ServerProcess, port: number): Promise<void> => {
    ms = Math.max(...(await watch(server, port)).doneAfter.values());
  };
  await withLog(browsing(), work, count > 0 ? decisions : []);
  return (touchesOf(SIZE) / ms) * 1_000;
}

/** Touchpoints of many addresses and some browsers: what rules look at. */
function* browsing(): Generator<NewFact> {
  let nr = 0;
  for (const fact of history(SIZE)) {
    nr += 1;
    const { event } = fact;
    if (event.type !== 'TouchpointRecorded') {
      yield fact;
      continue;
    }
    const ip = `10.${nr % 200}.${(nr * 7) % 256}.${(nr * 13) % 256}`;
    const userAgent = `Mozilla/5.0 (Macintosh) AppleWebKit/537.36 Chrome/1${nr % 40}.0 Safari/${nr % 300}`;
    yield { ...fact, event: { ...event, data: { ...event.data, context: { ip, userAgent } } } };
  }
}

/** Half of the rules ask for networks, a quarter each for user agents and URLs. */
function published(nr: number): NewEvent {
  const list = (count: number, make: (member: number) => string): string[] =>
    Array.from({ length: count }, (_, member) => make(nr * 100 + member));
  const matches: readonly VerdictMatch[] = [
    {
      networks: list(
        95,
        (each) => `172.${16 + (each % 16)}.${(each * 7) % 256}.${each % 256}/${20 + (each % 13)}`,
      ),
    },
    { userAgents: list(5, (each) => `robot-${each}`) },
    { networks: list(95, (each) => `192.168.${(each * 7) % 256}.${each % 256}/${20 + (each % 13)}`) },
    { urls: list(5, (each) => (each % 2 === 0 ? `/campaigns/${each}/**` : `**/offers-${each}/*`)) },
  ];
  const ruleId = eventId('main', 'bench', `rule-${nr}`);
  const data = { rule: { ruleId, match: matches[nr % matches.length] ?? {}, verdict: 'internal' as const } };
  return {
    ...{ id: ruleId, type: 'VerdictRulePublished', schemaVersion: 1, data },
    occurredAt: new Date('2026-01-01T00:00:00Z'),
  };
}
