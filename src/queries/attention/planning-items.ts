import { gapsOfAllTime } from '../metrics/content-gaps.js';
import type { OpenHandOffs } from '../metrics/hand-offs.js';
import { repLoads } from '../metrics/rep-load.js';
import type { View } from '../read-models.js';
import type { Found } from './attention-answer.js';
import { type AttentionRequest, plural } from './attention-view.js';
import { stalledStages } from './stage-stalls.js';

/** Recipients with more open leads than their capacity, the highest load first. */
export async function overloadItems(
  view: View,
  { rep, perKind }: AttentionRequest,
  open: readonly OpenHandOffs[],
): Promise<Found> {
  const loads = await repLoads(view, open);
  const over = loads.filter(
    ({ rep: id, openLeads, capacity }) =>
      capacity !== null && openLeads > capacity && (rep === undefined || rep === id),
  );
  const items = over.slice(0, perKind).map(({ rep: id, label, openLeads, rottenLeads, capacity, load }) => ({
    rep: id,
    text: `${label} has ${plural(openLeads, 'open lead')}, ${openLeads - (capacity ?? 0)} over the capacity of ${capacity ?? 0}; ${plural(rottenLeads, 'lead rots', 'leads rot')}. Give some to others, or close those that lead nowhere`,
    ...{ since: null, worseAt: null, figures: { openLeads, rottenLeads, capacity, load } },
    query: '/api/metrics/rep-load',
  }));
  return { count: over.length, items };
}

/** Cells of persona and stage where leads wait and nothing serves them, most waiting first. */
export async function contentGapItems(view: View, { rep, perKind }: AttentionRequest): Promise<Found> {
  if (rep !== undefined) return { count: 0, items: [] };
  const gaps = await gapsOfAllTime(view);
  const waited = gaps.filter(({ waiting }) => waiting > 0).sort((a, b) => b.waiting - a.waiting);
  const items = waited
    .slice(0, perKind)
    .map(({ persona, personaName, stage, stageName, leads, waiting }) => ({
      text: `${personaName}: ${plural(waiting, 'lead is', 'leads are')} in ${stageName}, and no content is for them. Write one, or map one that there is to the stage`,
      ...{ since: null, worseAt: null, figures: { persona, stage, waiting, leads } },
      query: '/api/metrics/content-gaps',
    }));
  return { count: waited.length, items };
}

/** Stages in which leads stay longer than three of four did, most leads first. */
export async function stallItems(view: View, { at, rep, perKind }: AttentionRequest): Promise<Found> {
  if (rep !== undefined) return { count: 0, items: [] };
  const stalls = await stalledStages(view, at, perKind);
  const items = stalls.map(({ persona, stage, usualDays, moves, inStage, stalled, since, worseAt }) => {
    const names = namesOf(view, persona, stage);
    const days = Math.round(usualDays * 10) / 10;
    const query = new URLSearchParams({ ...(persona !== null && { persona }), stage });
    return {
      text: `${names}: ${plural(stalled, 'lead stays', 'leads stay')} longer than ${plural(days, 'day')}, within which three of four move on. Offer them the content of the next stage, or have them called`,
      ...{ since, worseAt, figures: { persona, stage, stalled, inStage, usualDays: days, moves } },
      query: `/api/leads?${query.toString()}`,
    };
  });
  return { count: stalls[0]?.total ?? 0, items };
}

function namesOf({ model }: View, persona: string | null, stage: string): string {
  const { personas = [], stages = [] } = model?.data.document ?? {};
  const own = personas.find(({ id }) => id === persona);
  const named = (own?.stages ?? stages).find(({ id }) => id === stage)?.name ?? stage;
  return `${own?.name ?? persona ?? '(no persona)'} in ${named}`;
}
