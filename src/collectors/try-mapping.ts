import type { Formats } from '../intake/formats/all.js';
import { type Normalised, normalise } from '../intake/normalise.js';
import { isRejected } from '../intake/outcome.js';
import type { RecentItem } from '../intake/recent-items.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';

/** What an item comes to: its events' data, or why it is rejected. */
type Result = { readonly events: readonly object[] } | { readonly rejected: object };

export interface TriedItem {
  readonly receivedAt: Date;
  readonly format: string;
  readonly call: string;
  readonly item: unknown;
  readonly before: Result;
  /** Absent: the same as before. */
  readonly after?: Result;
}

export interface Tried {
  readonly tried: number;
  readonly changed: number;
  /** After the change. */
  readonly rejected: number;
  /** Changed ones first, then the newest first. */
  readonly items: readonly TriedItem[];
}

/** Reads items by the configuration of a collector and by another one. Nothing is stored. */
export async function tryConfiguration(
  formats: Pick<Formats, 'named'>,
  items: readonly RecentItem[],
  before: CollectorConfig,
  after: CollectorConfig,
): Promise<Tried> {
  const tried: TriedItem[] = [];
  let rejected = 0;
  for (const each of items) {
    const format = await formats.named(each.format);
    if (!format) continue;
    const read = (config: CollectorConfig): Result => {
      const origin = { workspace: config.workspace, collector: config.name, config, ...each };
      return resultOf(normalise(format, origin, each.item));
    };
    const [old, next] = [read(before), read(after)];
    if ('rejected' in next) rejected += 1;
    const isSame = JSON.stringify(old) === JSON.stringify(next);
    const { receivedAt, call, item } = each;
    tried.push({ receivedAt, format: format.name, call, item, before: old, ...(!isSame && { after: next }) });
  }
  const changed = tried.filter(({ after: next }) => next !== undefined);
  const same = tried.filter(({ after: next }) => next === undefined);
  return { tried: tried.length, changed: changed.length, rejected, items: [...changed, ...same] };
}

const resultOf = (step: Normalised): Result =>
  isRejected(step)
    ? { rejected: step.rejected }
    : { events: step.facts.map(({ event: { type, occurredAt, data } }) => ({ type, occurredAt, data })) };
