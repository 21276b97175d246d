import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { API_KEY } from '../test/e2e/server-process.js';
import { watch } from './catch-up.js';
import type { Report } from './figure.js';
import { withHistory } from './filled-log.js';
import { type Size, touchesOf } from './history-events.js';
import { getJson } from './query-api.js';

const SIZE: Size = { opportunities: 2_000, touchesPerOpportunity: 30, strangers: 4, openedAfter: 0.6 };

/** How fast a history is compared under two models, and recomputed with a published one, beside how fast it was projected. */
export async function models(report: Report, size = SIZE): Promise<void> {
  const touches = touchesOf(size);
  await withHistory(size, async (server, port) => {
    const { doneAfter } = await watch(server, port);
    const caughtUp = (touches / Math.max(...doneAfter.values())) * 1_000;
    report({ name: 'projecting all read models', value: caughtUp, unit: 'touches/s' });
    const candidate = stringify(await otherModel(port));

    const before = await server.memory();
    const began = performance.now();
    await sendModel(port, 'POST', '/api/model/preview', candidate);
    const seconds = (performance.now() - began) / 1_000;
    report({
      name: 'previewing a model on a million touchpoints',
      value: (seconds / touches) * 1_000_000,
      unit: 's',
      atMost: 60,
    });
    const grown = ((await server.memory()) - before) / 2 ** 20;
    report({ name: '  resident memory more than before', value: grown, unit: 'MB' });

    const published = performance.now();
    await sendModel(port, 'PUT', '/api/model', candidate);
    await untilApplied(port);
    const applied = (touches / (performance.now() - published)) * 1_000;
    report({
      name: 'recomputing all leads after a publication',
      value: applied,
      unit: 'touches/s',
      atLeast: caughtUp,
    });
  });
}

interface Document {
  readonly scoring: { readonly rules: readonly { readonly points: number }[] };
}

/** The document of the model in effect. */
export async function currentModel(port: number): Promise<Document> {
  const { document } = JSON.parse(await getJson(port, '/api/model')) as { document: Document };
  return document;
}

/** The model in effect with other points, half-life and session, and a lead definition. */
async function otherModel(port: number): Promise<object> {
  const document = await currentModel(port);
  const rules = document.scoring.rules.map((rule) => ({ ...rule, points: rule.points + 1 }));
  const leadDefinitions = [{ minScore: 20 }];
  return { ...document, name: 'Bench', scoring: { halfLifeDays: 21, rules }, leadDefinitions };
}

/** @throws Error it was refused */
export async function sendModel(port: number, method: string, path: string, body: string): Promise<string> {
  const headers = {
    ...{ authorization: `Bearer ${API_KEY}`, 'if-match': '*', 'content-type': 'application/yaml' },
  };
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body });
  const text = await answer.text();
  const last: unknown = parse(text.trim().split('\n').at(-1) ?? '');
  if (!answer.ok || (last as { type?: string }).type === 'error')
    throw new Error(`${path}: ${text.slice(-500)}`);
  return text;
}

/** Waits until the model has reached all leads, and all read models the head. */
async function untilApplied(port: number): Promise<void> {
  for (;;) {
    const { head, projections } = JSON.parse(await getJson(port, '/api/projections')) as {
      head: string;
      projections: readonly { position: string }[];
    };
    const { done, modelVersion } = JSON.parse(await getJson(port, '/api/model/application')) as {
      done: boolean;
      modelVersion: number;
    };
    if (done && modelVersion > 1 && projections.every(({ position }) => position === head)) return;
    await sleep(100);
  }
}
