import type { Money } from '../../domain/attribution/money.js';
import type { DemoData } from './generate.js';
import type { Opportunity } from './opportunities.js';
import { DemoProblem, type DemoServer } from './server.js';
import { roundMoney, table } from './table.js';

/** A question with its answer as a table, and how to ask it oneself. */
export interface Answer {
  readonly question: string;
  readonly table: string;
  readonly how: string;
}

/** What answers of the API are read for here. */
interface Report {
  readonly total: Money;
  readonly unattributed: Money;
  readonly unconverted: readonly { readonly amount: Money; readonly opportunities: readonly string[] }[];
  readonly rows: readonly {
    readonly label: string;
    readonly keys: readonly (string | null)[];
    readonly value: Money;
    readonly share: number;
    readonly opportunities: number;
    readonly touches: number;
  }[];
}

async function ask<T>(server: DemoServer, path: string): Promise<T> {
  const answer = await server.get(path);
  if (answer === undefined) throw new DemoProblem(`${server.url} has no resource ${path}`);
  return answer as T;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export async function revenueByContent(server: DemoServer): Promise<Answer> {
  const path = '/api/attribution?model=linear&by=content&metric=revenue&limit=12';
  const { rows, total, unattributed, unconverted } = await ask<Report>(server, path);
  const foreign = unconverted.map(
    ({ amount, opportunities }) => `${opportunities.length} opportunities of ${roundMoney(amount)}`,
  );
  const rest = `of ${roundMoney(total)} won, ${roundMoney(unattributed)} without touchpoints`;
  return {
    question: `Which content earned the revenue? (linear; ${rest}${foreign.length > 0 ? `; without an exchange rate: ${foreign.join(', ')}` : ''})`,
    table: table(
      ['Content', 'Revenue', 'Share', 'Opportunities', 'Touches'],
      rows.map(({ label, value, share, opportunities, touches }) => [
        label,
        roundMoney(value),
        percent(share),
        opportunities,
        touches,
      ]),
    ),
    how: path,
  };
}

interface Comparison {
  readonly models: readonly string[];
  readonly rows: readonly {
    readonly label: string;
    readonly values: Readonly<Record<string, { readonly value: Money }>>;
  }[];
}

export async function modelsCompared(server: DemoServer): Promise<Answer> {
  const path = '/api/attribution/compare?models=first,last,full_path&by=channel&metric=revenue';
  const { models, rows } = await ask<Comparison>(server, path);
  const cell = (value: { readonly value: Money } | undefined): string =>
    value ? roundMoney(value.value) : '';
  return {
    question: 'How much does the model matter? (revenue by channel under three models)',
    table: table(
      ['Channel', ...models],
      rows.map(({ label, values }) => [label, ...models.map((model) => cell(values[model]))]),
    ),
    how: path,
  };
}

export async function pipelineByMonth(server: DemoServer): Promise<Answer> {
  const path = '/api/attribution?model=linear&by=channel,month&metric=pipeline&limit=500';
  const { rows } = await ask<Report>(server, path);
  const months = [...new Set(rows.map(({ keys }) => String(keys[1])))].sort();
  const channels = new Map<string, Map<string, number>>();
  for (const { keys, value } of rows) {
    const [channel, month] = keys.map(String);
    if (channel === undefined || month === undefined) continue;
    const byMonth = channels.get(channel) ?? new Map<string, number>();
    channels.set(channel, byMonth.set(month, Number(value.amount)));
  }
  const sum = (byMonth: ReadonlyMap<string, number>): number =>
    [...byMonth.values()].reduce((a, b) => a + b, 0);
  const thousands = (amount: number): string => Math.round(amount / 1000).toLocaleString('en-US');
  return {
    question: 'Where does new pipeline come from, month by month? (linear, thousands)',
    table: table(
      ['Channel', ...months, 'Total'],
      [...channels]
        .sort(([, a], [, b]) => sum(b) - sum(a))
        .map(([channel, byMonth]) => [
          channel,
          ...months.map((month) => thousands(byMonth.get(month) ?? 0)),
          thousands(sum(byMonth)),
        ]),
    ),
    how: `${path}\nor in SQL: SELECT channel, date_trunc('month', credited_date)::date AS month, sum(pipeline) FROM bi.fact_attribution_credit\n           WHERE model = 'linear' GROUP BY 1, 2 ORDER BY 2, 3 DESC;`,
  };
}

interface Touch {
  readonly occurredAt: string;
  readonly leadId: string;
  readonly milestones: readonly string[];
  readonly content: string | null;
  readonly title: string | null;
  readonly channel: string;
  readonly credits: Readonly<Record<string, { readonly amount: Money }>>;
}
interface Explained {
  readonly name: string;
  readonly amount: Money;
  readonly touches: readonly Touch[];
}
interface Committee {
  readonly contacts: readonly {
    readonly leadId: string | null;
    readonly contact: string;
    readonly role: string;
  }[];
}

/** The touches that earned most, and of equals those that began a visit, in the order in which they happened. */
export async function biggestOpportunity(server: DemoServer, { opportunities }: DemoData): Promise<Answer> {
  const won = opportunities.filter(({ end, committee }) => end?.status === 'won' && committee.length > 0);
  const biggest = won.reduce<Opportunity | undefined>(
    (a, b) => (a && Number(a.amount) >= Number(b.amount) ? a : b),
    undefined,
  );
  if (!biggest) return { question: 'No opportunity was won', table: '', how: '/api/attribution' };
  const path = `/api/opportunities/${biggest.id}/attribution`;
  const { name, amount, touches } = await ask<Explained>(server, path);
  const { contacts } = await ask<Committee>(server, `/api/opportunities/${biggest.id}`);
  const credit = ({ credits }: Touch): number => Number(credits.full_path?.amount.amount ?? 0);
  const rank = (touch: Touch): number => credit(touch) + (touch.channel === 'direct' ? 0 : 1);
  const informative = touches.filter((touch) => credit(touch) > 0).sort((a, b) => rank(b) - rank(a));
  const shown = informative.slice(0, 14).sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1));
  return {
    question: `What led to the biggest opportunity? (${name}, ${roundMoney(amount)}: ${shown.length} of ${touches.length} touches, full_path)`,
    table: table(
      ['Day', 'Who', 'Channel', 'Content', 'Milestone', 'Credit'],
      shown.map((touch) => [
        touch.occurredAt.slice(0, 10),
        contacts.find(({ leadId }) => leadId === touch.leadId)?.role ?? '',
        touch.channel,
        touch.title ?? touch.content ?? '(talk with sales)',
        touch.milestones.join(', '),
        roundMoney({ amount: String(credit(touch)), currency: amount.currency }),
      ]),
    ),
    how: path,
  };
}

interface Leads {
  readonly items: readonly {
    readonly name: string | null;
    readonly title: string | null;
    readonly email: string | null;
    readonly accountId: string | null;
    readonly persona: string | null;
    readonly stage: string | null;
    readonly score: number;
    readonly grade: string | null;
  }[];
}

export async function hottestLeads(server: DemoServer, { accounts }: DemoData): Promise<Answer> {
  const path = '/api/leads?lifecycle=engaged&sort=score&limit=10';
  const { items } = await ask<Leads>(server, path);
  const names = new Map(accounts.map(({ id, name }) => [id, name]));
  return {
    question: 'Whom should sales call today? (leads with the highest score without an opportunity)',
    table: table(
      ['Who', 'Title', 'Company', 'Persona', 'Stage', 'Score', 'Grade'],
      items.map(({ name, email, title, accountId, persona, stage, score, grade }) => [
        name ?? email ?? '',
        title ?? '',
        names.get(accountId ?? '') ?? accountId ?? '',
        persona ?? '',
        stage ?? '',
        score.toFixed(1),
        grade ?? '',
      ]),
    ),
    how: path,
  };
}
