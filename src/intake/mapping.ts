import { anyUrl, globTest } from '../domain/content.js';
import { listOf } from '../domain/model/journey-model.js';
import type { TouchpointKind } from '../domain/touchpoint.js';
import { recordTest, valueAt } from '../domain/value-test.js';
import type { MappedText, Mapping, MappingRule } from '../workspaces/mapping-schema.js';
import type { JsonObject } from './json.js';
import { text } from './values.js';

/** What rules look at: an item as it was sent, and what its format read of it. */
export interface MappingSubject {
  readonly item: JsonObject;
  readonly event?: string | undefined;
  /** Canonical address of the page. */
  readonly url?: string | undefined;
  readonly kind?: TouchpointKind | undefined;
}

const FIELDS = ['name', 'source', 'medium', 'campaign', 'accountId', 'opportunityId'] as const;
const CONTENT = ['id', 'url', 'title', 'type'] as const;
const IDENTITY = ['userId', 'email', 'crmId', 'anonymousId'] as const;

type Texts<Name extends string> = Partial<Record<Name, string>>;

/** What a mapping says of an item; fields that it does not set are absent. */
export interface Mapped extends Readonly<Texts<(typeof FIELDS)[number]>> {
  readonly kind?: TouchpointKind;
  readonly content?: Readonly<Texts<(typeof CONTENT)[number]>>;
  readonly identity?: Readonly<Texts<(typeof IDENTITY)[number]>>;
}

export interface CompiledMapping {
  /** Undefined: no rule applies. */
  apply(subject: MappingSubject): Mapped | undefined;
}

const compiled = new WeakMap<Mapping, CompiledMapping>();

/** Compiles a mapping once for each document object; undefined: it has no rules. */
export function mappingOf(mapping: Mapping | undefined): CompiledMapping | undefined {
  if (mapping === undefined || mapping.length === 0) return undefined;
  let rules = compiled.get(mapping);
  if (!rules) compiled.set(mapping, (rules = compileMapping(mapping)));
  return rules;
}

function compileMapping(mapping: Mapping): CompiledMapping {
  const rules = mapping.map(({ when, set }) => ({ holds: conditionOf(when ?? {}), set }));
  return {
    apply(subject) {
      let mapped: Mutable<Mapped> | undefined;
      for (const { holds, set } of rules) if (holds(subject)) assign((mapped ??= {}), set, subject.item);
      return mapped;
    },
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function conditionOf({
  event,
  url,
  kind,
  fields,
}: NonNullable<MappingRule['when']>): (subject: MappingSubject) => boolean {
  const parts: ((subject: MappingSubject) => boolean)[] = [];
  if (kind !== undefined) {
    const kinds = new Set(listOf(kind));
    parts.push((subject) => subject.kind !== undefined && kinds.has(subject.kind));
  }
  if (event !== undefined) {
    const names = listOf(event).map((name) => globTest(name.toLowerCase().replace(/\*+/g, '**')));
    parts.push((subject) => {
      const name = subject.event?.toLowerCase();
      return name !== undefined && names.some((matches) => matches(name));
    });
  }
  if (url !== undefined) {
    const matches = anyUrl(url);
    parts.push((subject) => matches(subject.url));
  }
  if (fields !== undefined) {
    const matches = recordTest(fields);
    parts.push((subject) => matches(subject.item));
  }
  return (subject) => parts.every((part) => part(subject));
}

function assign(mapped: Mutable<Mapped>, set: MappingRule['set'], item: JsonObject): void {
  if (set.kind !== undefined) mapped.kind ??= set.kind;
  assignTexts(mapped, FIELDS, set, item);
  if (set.content) assignTexts((mapped.content ??= {}), CONTENT, set.content, item);
  if (set.identity) assignTexts((mapped.identity ??= {}), IDENTITY, set.identity, item);
}

function assignTexts<Name extends string>(
  mapped: Texts<Name>,
  names: readonly Name[],
  set: Partial<Record<Name, MappedText | undefined>>,
  item: JsonObject,
): void {
  for (const name of names) {
    const value = set[name];
    if (value === undefined || mapped[name] !== undefined) continue;
    const found = typeof value === 'string' ? value : text(valueAt(item, value.path), 2048);
    if (found !== undefined) mapped[name] = found;
  }
}
