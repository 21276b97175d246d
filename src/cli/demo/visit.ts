import type { Arrival } from './arrivals.js';
import { MINUTE } from './calendar.js';
import {
  BLOG,
  CASES,
  type Content,
  DEMO,
  DOCS,
  GUIDES,
  PAPERS,
  type Phase,
  PRODUCT,
  READS,
  TRIAL,
  urlOf,
  WEBINARS,
} from './content.js';
import type { Random } from './random.js';

/** What happens on a page beside reading it. */
export type VisitAction = 'download' | 'register' | 'demo' | 'trial' | 'chat' | 'subscribe';

export interface View {
  readonly content: Content;
  /** Milliseconds after the visit began. */
  readonly after: number;
  readonly action?: VisitAction;
}

/** The pages of one visit; `aim` is what the visitor came for. */
export function viewsOf(random: Random, phase: Phase, arrival: Arrival, aim?: 'demo' | 'trial'): View[] {
  const contents = [arrival.landing ?? read(random, phase)];
  while (contents.length < 9 && random.chance(0.6)) contents.push(read(random, phase));
  if (aim) contents.push(aim === 'demo' ? DEMO : TRIAL);
  let after = 0;
  return contents.map((content, index) => {
    if (index > 0) after += Math.floor(random.between(0.2, 4) * MINUTE);
    const action = (content === DEMO || content === TRIAL) && aim ? aim : actionOn(random, content);
    return { content, after, ...(action ? { action } : {}) };
  });
}

const read = (random: Random, phase: Phase): Content => random.pick(random.weighted(READS[phase]));

function actionOn(random: Random, content: Content): VisitAction | undefined {
  if (content.gated)
    return random.chance(0.42) ? (WEBINARS.includes(content) ? 'register' : 'download') : undefined;
  if (content.path === '/pricing') return random.chance(0.05) ? 'chat' : undefined;
  return BLOG.includes(content) && random.chance(0.03) ? 'subscribe' : undefined;
}

/** What a mail leads to. */
export const mailed = (random: Random): Content =>
  random.pick([...BLOG, ...GUIDES, ...PAPERS, ...WEBINARS, ...CASES]);

export const help = (random: Random): Content => random.pick([...DOCS, ...PRODUCT]);

/** The address bar: the page with the tags of the arrival. */
export function addressOf(content: Content, arrival?: Arrival): string {
  const query = new URLSearchParams(arrival?.query ?? {}).toString();
  return query ? `${urlOf(content)}?${query}` : urlOf(content);
}
