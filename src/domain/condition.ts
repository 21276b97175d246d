import { anyUrl, type ResolvedContent } from './content.js';
import { label, tagLabel } from './label.js';
import { DAY_MS, listOf, type Condition, type ContentCondition } from './model.js';
import type { ContentRef, Channel, TouchpointKind, Verdict } from './touchpoint.js';
import { recordTest } from './value-test.js';

/** A touchpoint as stages and scores read it. */
export interface Touch {
  readonly id: string;
  /** `occurredAt` in ms. */
  readonly at: number;
  readonly kind: TouchpointKind;
  readonly channel: Channel;
  readonly verdict: Verdict;
  readonly source?: string | undefined;
  readonly medium?: string | undefined;
  readonly campaign?: string | undefined;
  readonly name?: string | undefined;
  readonly content?: ContentRef | undefined;
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
}

/** What conditions remember of the touchpoints before; plain JSON. */
export interface Memory {
  /** By rule: the latest times it was met (ms), or for a count without a window the number of times. */
  readonly counts: Readonly<Record<string, readonly number[]>>;
  /** By trigger: when it was last seen (ms). */
  readonly triggers: Readonly<Record<string, number>>;
}

/** One touchpoint with what is remembered before it. `counts` collects what to remember after it. */
export interface Sight {
  readonly touch: Touch;
  readonly content: ResolvedContent | undefined;
  /** Triggers that this touchpoint is. */
  readonly fired: readonly string[];
  readonly memory: Memory;
  /** When the last touchpoint that counts was, ms. */
  readonly lastAt: number | null;
  readonly counts: Record<string, readonly number[]>;
}

export type Test = (sight: Sight) => boolean;

/**
 * Compiles a condition. Call the test once for each touchpoint that counts, in order: a `count` learns from every call.
 *
 * @param key names the condition among those whose memory is kept together.
 */
export function conditionTest(condition: Condition, key: string): Test {
  const parts = [...plainParts(condition), ...contentParts(condition.content), ...memoryParts(condition)];
  const holds: Test = (sight) => parts.every((part) => part(sight));
  const { count } = condition;
  if (!count) return holds;
  const counted =
    count.withinDays === undefined
      ? countEver(key, count.atLeast)
      : countWithin(key, count.atLeast, count.withinDays);
  return (sight) => holds(sight) && counted(sight);
}

/** Labels are compared as touchpoints have them. */
const LABELS: Readonly<Record<string, (value: string) => string | undefined>> = {
  source: tagLabel,
  campaign: label,
  name: label,
};

function plainParts(condition: Condition): Test[] {
  const parts: Test[] = [];
  for (const part of ['kind', 'channel', 'source', 'campaign', 'name'] as const) {
    const wanted = condition[part];
    if (wanted === undefined) continue;
    const values = new Set(listOf<string>(wanted).map((value) => LABELS[part]?.(value) ?? value));
    parts.push(({ touch }) => values.has(touch[part] ?? ''));
  }
  if (condition.property) {
    const test = recordTest(condition.property);
    parts.push(({ touch }) => test(touch.properties));
  }
  return parts;
}

/** Ids of content may be addresses, which are longer than other labels. */
const contentLabel = (value: string): string => label(value, 4096) ?? value;

function contentParts(condition: ContentCondition | undefined): Test[] {
  if (!condition) return [];
  const parts: Test[] = [({ content }) => content !== undefined];
  for (const part of ['id', 'type', 'stage'] as const) {
    if (condition[part] === undefined) continue;
    const values = new Set(listOf(condition[part]).map(contentLabel));
    parts.push(({ content }) => values.has(contentLabel(content?.[part] ?? '')));
  }
  const matches = anyUrl(condition.url);
  if (condition.url !== undefined) parts.push(({ content }) => matches(content?.url));
  return parts;
}

function memoryParts({ trigger, afterTrigger, afterSilenceDays }: Condition): Test[] {
  const parts: Test[] = [];
  if (trigger !== undefined) {
    const wanted = listOf(trigger);
    parts.push(({ fired }) => fired.some((id) => wanted.includes(id)));
  }
  if (afterTrigger) {
    const wanted = listOf(afterTrigger.trigger);
    const window = afterTrigger.withinDays * DAY_MS;
    parts.push(({ fired, memory, touch }) =>
      wanted.some((id) => fired.includes(id) || touch.at - (memory.triggers[id] ?? -Infinity) <= window),
    );
  }
  if (afterSilenceDays !== undefined) {
    parts.push(({ touch, lastAt }) => lastAt !== null && touch.at - lastAt >= afterSilenceDays * DAY_MS);
  }
  return parts;
}

function countEver(key: string, atLeast: number): Test {
  return ({ memory, counts }) => {
    const seen = Math.min((memory.counts[key]?.[0] ?? 0) + 1, atLeast);
    counts[key] = [seen];
    return seen >= atLeast;
  };
}

function countWithin(key: string, atLeast: number, days: number): Test {
  return ({ touch, memory, counts }) => {
    const recent = (memory.counts[key] ?? []).filter((at) => touch.at - at <= days * DAY_MS);
    counts[key] = [...recent, touch.at].slice(-Math.max(atLeast - 1, 1));
    return recent.length + 1 >= atLeast;
  };
}
