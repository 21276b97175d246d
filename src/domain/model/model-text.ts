import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import { checkModel } from './check-model.js';
import { faultAt, pathText, type Fault, type Path } from './fields.js';
import type { JourneyModel } from './journey-model.js';
import { modelWarnings } from './warnings.js';

/** Of the text, and of the document without aliases: the largest event that EventStoreDB and Kafka take by default is 1 MB. */
export const MODEL_LIMIT = 512 * 1024;
const LIMIT = 'the limit of 512 KB';

/** A fault or warning with its place in the text; lines and columns count from 1. */
export interface PlacedFault {
  readonly path: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

export type ReadModel =
  | { readonly model: JourneyModel; readonly warnings: readonly PlacedFault[] }
  /** `unreadable`: neither YAML nor JSON. */
  | { readonly problem: 'unreadable' | 'too-large' | 'invalid'; readonly faults: readonly PlacedFault[] };

/** So many faults are reported at most. */
const MOST_FAULTS = 100;
/** Each use of an anchor counts as often as it is used itself: a few lines can else stand for gigabytes. */
const MOST_ALIASES = 1_000;

/** Reads and checks a journey model in YAML 1.2 or JSON, which is YAML too. */
export function readModelText(text: string): ReadModel {
  if (text.length > MODEL_LIMIT || new TextEncoder().encode(text).length > MODEL_LIMIT)
    return tooLarge(`is over ${LIMIT}`);
  const lines = new LineCounter();
  const parsed = parseYaml(text, lines);
  if ('problem' in parsed) return parsed;
  const { document, value } = parsed;
  const place = (fault: Fault): PlacedFault => placed(document, lines, fault);
  const broken = unstorableTexts(value, []);
  const checked = broken.length > 0 ? { faults: broken } : checkModel(value);
  if ('faults' in checked)
    return { problem: 'invalid', faults: checked.faults.slice(0, MOST_FAULTS).map(place) };
  return { model: checked.model, warnings: modelWarnings(checked.model).map(place) };
}

const START = { path: '', line: 1, column: 1 };
const tooLarge = (message: string): ReadModel & { problem: 'too-large' } => ({
  problem: 'too-large',
  faults: [{ ...START, message }],
});

interface Parsed {
  readonly document: Document.Parsed;
  readonly value: unknown;
}

function parseYaml(text: string, lineCounter: LineCounter): Parsed | (ReadModel & { problem: string }) {
  const unreadable = (message: string, offset = 0): ReadModel & { problem: string } => {
    const { line, col } = lineCounter.linePos(offset);
    return {
      problem: 'unreadable',
      faults: [{ path: '', message, line: Math.max(line, 1), column: Math.max(col, 1) }],
    };
  };
  try {
    // The library compares each key with all others of its map; duplicates are found below in one pass.
    const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
    const [error] = [...document.errors, ...document.warnings];
    if (error) return unreadable(error.message, error.pos[0]);
    const repeated = repeatedKey(document.contents);
    if (repeated) return unreadable(repeated.message, repeated.offset);
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    if (JSON.stringify(value ?? null).length > MODEL_LIMIT)
      return tooLarge(`is over ${LIMIT} when its aliases are written out`);
    return { document, value };
  } catch (error) {
    if (error instanceof RangeError) return unreadable('is nested too deeply');
    if (error instanceof ReferenceError) return unreadable(...aliasFault(text, error.message));
    if (error instanceof TypeError) return unreadable('has an alias that refers to itself');
    throw error;
  }
}

/** The library throws without a place. */
function aliasFault(text: string, message: string): [message: string, offset: number] {
  const name = /^Unresolved alias.*: (.*)$/.exec(message)?.[1];
  if (name === undefined) return ['has too many aliases', 0];
  return [`The alias *${name} has no anchor before it`, Math.max(text.indexOf(`*${name}`), 0)];
}

interface RepeatedKey {
  readonly message: string;
  readonly offset: number;
}

/** The first key that its map has twice, or that is no text. Without recursion: documents may be deep. */
function repeatedKey(contents: Node | null): RepeatedKey | undefined {
  const pending: unknown[] = [contents];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (!isCollection(node)) continue;
    const seen = new Set<string>();
    for (const item of node.items) {
      if (!isPair(item)) {
        pending.push(item);
        continue;
      }
      const key = item.key as Node;
      const offset = key.range?.[0] ?? 0;
      if (!isScalar(key)) return { message: 'A key must be a text', offset };
      const name = String(key.value);
      if (seen.has(name)) return { message: `The key ${name} occurs twice`, offset };
      seen.add(name);
      pending.push(item.value);
    }
  }
  return undefined;
}

/** Texts that PostgreSQL cannot store. */
function unstorableTexts(value: unknown, at: Path): readonly Fault[] {
  const isBroken = (text: string): boolean => text.includes('\0') || !text.isWellFormed();
  const fault = (path: Path): Fault =>
    faultAt(path, 'holds a NUL character or half a surrogate pair, which no text may');
  if (typeof value === 'string') return isBroken(value) ? [fault(at)] : [];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((entry, index) => unstorableTexts(entry, [...at, index]));
  return Object.entries(value).flatMap(([name, entry]) =>
    isBroken(name) ? [fault(at)] : unstorableTexts(entry, [...at, name]),
  );
}

function placed(document: Document.Parsed, lines: LineCounter, { steps, message }: Fault): PlacedFault {
  const { line, col } = lines.linePos(offsetOf(document, steps));
  return { path: pathText(steps), message, line, column: col };
}

/** Where the value is, or the innermost part of the document around it. A field is found at its name. */
function offsetOf(document: Document.Parsed, steps: Path): number {
  let node: unknown = resolved(document, document.contents);
  let offset = document.contents?.range[0] ?? 0;
  for (const step of steps) {
    if (!isCollection(node)) break;
    const item = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === step)
      : node.items[step as number];
    if (item === undefined) break;
    const value = isPair(item) ? item.value : item;
    offset = ((isPair(item) ? item.key : item) as Node).range?.[0] ?? offset;
    node = resolved(document, value);
  }
  return offset;
}

const resolved = (document: Document, node: unknown): unknown =>
  isAlias(node) ? node.resolve(document) : node;
