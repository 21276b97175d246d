import { anyUrl, type ResolvedContent } from './content.js';
import { label, tagLabel } from './label.js';
import { cell, type Cell, type Memory } from './memory.js';
import { DAY_MS, listOf, type Condition, type ContentCondition } from './model/journey-model.js';
import type { ContentRef, Channel, TouchpointKind, Verdict } from './touchpoint.js';
import { recordTest } from './value-test.js';

/** A touchpoint as input of stage and score rules. */
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

/** One touchpoint with the rule state before it. */
export interface TouchContext {
  readonly touch: Touch;
  readonly content: ResolvedContent | undefined;
  /** Triggers that this touchpoint matches. */
  readonly fired: readonly string[];
  readonly memory: Memory;
  /** When the last touchpoint that counts was, ms. */
  readonly lastAt: number | null;
}

/** When a trigger was last seen, ms. */
export const triggerCell = (id: string): Cell<number> => cell('trigger', id);

export type TouchTest = (sight: TouchContext) => boolean;

/**
 * Compiles a condition. Call the test once for each touchpoint that counts, in order: a `count` is updated by every call.
 *
 * @param key identifies the condition in the memory that it shares with others
 */
export function conditionTest(condition: Condition, key: string): TouchTest {
  const parts = [...plainParts(condition), ...contentParts(condition.content), ...memoryParts(condition)];
  const holds: TouchTest = (sight) => parts.every((part) => part(sight));
  const { count } = condition;
  if (!count) return holds;
  const counted =
    count.withinDays === undefined
      ? countEver(key, count.atLeast)
      : countWithin(key, count.atLeast, count.withinDays);
  return (sight) => holds(sight) && counted(sight);
}

/** Labels are normalised as in touchpoints before they are compared. */
const LABELS: Readonly<Record<string, (value: string) => string | undefined>> = {
  source: tagLabel,
  campaign: label,
  name: label,
};

function plainParts(condition: Condition): TouchTest[] {
  const parts: TouchTest[] = [];
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

function contentParts(condition: ContentCondition | undefined): TouchTest[] {
  if (!condition) return [];
  const parts: TouchTest[] = [({ content }) => content !== undefined];
  for (const part of ['id', 'type', 'stage'] as const) {
    if (condition[part] === undefined) continue;
    const values = new Set(listOf(condition[part]).map(contentLabel));
    parts.push(({ content }) => values.has(contentLabel(content?.[part] ?? '')));
  }
  const matches = anyUrl(condition.url);
  if (condition.url !== undefined) parts.push(({ content }) => matches(content?.url));
  return parts;
}

function memoryParts({ trigger, afterTrigger, afterSilenceDays }: Condition): TouchTest[] {
  const parts: TouchTest[] = [];
  if (trigger !== undefined) {
    const wanted = listOf(trigger);
    parts.push(({ fired }) => fired.some((id) => wanted.includes(id)));
  }
  if (afterTrigger) {
    const wanted = listOf(afterTrigger.trigger).map((id) => ({ id, seen: triggerCell(id) }));
    const window = afterTrigger.withinDays * DAY_MS;
    parts.push(({ fired, memory, touch }) =>
      wanted.some(
        ({ id, seen }) => fired.includes(id) || touch.at - (memory.read(seen) ?? -Infinity) <= window,
      ),
    );
  }
  if (afterSilenceDays !== undefined) {
    parts.push(({ touch, lastAt }) => lastAt !== null && touch.at - lastAt >= afterSilenceDays * DAY_MS);
  }
  return parts;
}

function countEver(key: string, atLeast: number): TouchTest {
  const times = cell<number>('count', key);
  return ({ memory }) => {
    const before = memory.read(times) ?? 0;
    if (before < atLeast) memory.write(times, before + 1);
    return before + 1 >= atLeast;
  };
}

function countWithin(key: string, atLeast: number, days: number): TouchTest {
  const latest = cell<readonly number[]>('count', key);
  return ({ touch, memory }) => {
    const recent = (memory.read(latest) ?? []).filter((at) => touch.at - at <= days * DAY_MS);
    memory.write(latest, [...recent, touch.at].slice(-Math.max(atLeast - 1, 1)));
    return recent.length + 1 >= atLeast;
  };
}
