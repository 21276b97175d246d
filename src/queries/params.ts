import { label } from '../domain/label.js';
import { Problem, type ProblemError } from '../http/problem.js';

export type RawParams = Readonly<Record<string, unknown>>;

/** A date of a report: a day of the workspace's time zone, or an instant. */
export type DayOrInstant = { readonly day: string } | { readonly instant: Date };

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i;
const DATES = 'a day (2026-01-31) or a timestamp with a time zone (2026-01-31T09:30:00Z)';
const POSITION = /^\d{1,18}$/;

/**
 * The query parameters of a request. Each reader collects faults and returns a placeholder value; `check` then refuses the
 * request with all faults at once. An unknown parameter is a fault too: a typo must not silently change a response.
 */
export class Params {
  private readonly faults: (ProblemError & { code: string })[] = [];

  constructor(
    private readonly given: RawParams,
    known: readonly string[],
  ) {
    for (const name of Object.keys(given)) {
      if (!known.includes(name))
        this.fault('parameter-unknown', name, `is unknown; known are ${known.join(', ')}`);
    }
  }

  fault(code: string, path: string, message: string): void {
    this.faults.push({ code, path, message });
  }

  /** Adds the faults of what was read from one parameter, under its name. */
  include(other: Params, path: string): void {
    this.faults.push(...other.faults.map((fault) => ({ ...fault, path })));
  }

  text(name: string, most = 2000): string | undefined {
    const value = this.given[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value.includes('\0') || value.length > most) {
      this.fault(`${codeOf(name)}-invalid`, name, 'must be given once, as text');
      return undefined;
    }
    return value.trim() === '' ? undefined : value.trim();
  }

  /** A label as touchpoints have it, so that it opens the row that it names. */
  label(name: string, as: (value: string) => string | undefined = label): string | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : as(value);
  }

  /** Of a parameter that has a form to keep: an empty one is at fault, not absent. */
  private word(name: string): string | undefined {
    const value = this.given[name];
    return typeof value === 'string' && value.trim() === '' ? '' : this.text(name);
  }

  /** One of the allowed words; the empty string is none of them. */
  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.word(name);
    if (value === undefined) return undefined;
    const found = allowed.find((word) => word === value);
    if (found === undefined) this.unknown(name, value, allowed);
    return found;
  }

  /** Some of the allowed words, separated by commas, each once. */
  /** @param meaningless why words that might be expected are refused */
  someOf<T extends string>(
    name: string,
    allowed: readonly T[],
    codeName = name,
    meaningless: Readonly<Record<string, string>> = {},
  ): T[] | undefined {
    const value = this.word(name);
    if (value === undefined) return undefined;
    const words = [...new Set(value.split(',').map((word) => word.trim()))];
    const found = words.flatMap((word) => allowed.find((known) => known === word) ?? []);
    const refused = words.filter((word) => Object.hasOwn(meaningless, word));
    for (const word of refused)
      this.fault(`${codeName}-meaningless`, name, `${word}: ${meaningless[word] ?? ''}`);
    const strange = words.filter(
      (word) => !refused.includes(word) && !(allowed as readonly string[]).includes(word),
    );
    if (strange.length > 0) this.unknown(name, strange.join(', '), allowed, codeName);
    return found;
  }

  integer(name: string, least: number, most: number): number | undefined {
    const value = this.word(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    this.fault(`${codeOf(name)}-invalid`, name, `"${value}" is not a whole number from ${least} to ${most}`);
    return undefined;
  }

  number(name: string): number | undefined {
    const value = this.word(name);
    if (value === undefined) return undefined;
    if (/^-?\d{1,15}(\.\d{1,9})?$/.test(value)) return Number(value);
    this.fault(`${codeOf(name)}-invalid`, name, `"${value}" is not a number`);
    return undefined;
  }

  position(name: string): bigint | undefined {
    const value = this.word(name);
    if (value === undefined) return undefined;
    if (POSITION.test(value)) return BigInt(value);
    this.fault(
      `${codeOf(name)}-invalid`,
      name,
      `"${value}" is not a position: must be a whole number from 0`,
    );
    return undefined;
  }

  positionOrDate(name: string): bigint | DayOrInstant | undefined {
    const value = this.word(name);
    if (value === undefined) return undefined;
    if (POSITION.test(value)) return BigInt(value);
    return this.dateIn(name, value, `neither a position (5124) nor a date: must be one, or ${DATES}`);
  }

  dayOrInstant(name: string): DayOrInstant | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : this.dateIn(name, value, `not a date: must be ${DATES}`);
  }

  private dateIn(name: string, value: string, otherwise: string): DayOrInstant | undefined {
    if (isDay(value)) return { day: value };
    if (INSTANT.test(value) && isDay(value.slice(0, 10)) && !Number.isNaN(Date.parse(value))) {
      return { instant: new Date(value) };
    }
    this.fault(`${codeOf(name)}-invalid`, name, `"${value}" is ${otherwise}`);
    return undefined;
  }

  instant(name: string): Date | undefined {
    const value = this.dayOrInstant(name);
    if (value === undefined || 'instant' in value) return value?.instant;
    this.fault(
      `${codeOf(name)}-invalid`,
      name,
      `"${value.day}" has no time: must be a timestamp such as 2026-01-31T09:30:00Z`,
    );
    return undefined;
  }

  /** A day of the workspace's time zone. */
  day(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined || isDay(value)) return value;
    this.fault(`${codeOf(name)}-invalid`, name, `"${value}" is not a day such as 2026-01-31`);
    return undefined;
  }

  /** @throws Problem 400 with all faults; its code is the first one's. */
  check(): void {
    const [first] = this.faults;
    if (first === undefined) return;
    const detail = this.faults.map(({ path, message }) => `${path}: ${message}`).join('; ');
    const errors = this.faults.map(({ path, message }) => ({ path, message }));
    throw new Problem(400, first.code, detail, errors);
  }

  private unknown(name: string, value: string, allowed: readonly string[], codeName = name): void {
    this.fault(
      `${codeOf(codeName)}-unknown`,
      name,
      `"${value}" is unknown; allowed are ${allowed.join(', ')}`,
    );
  }
}

/** `asOf` → `as-of`: parameters are camelCase, codes kebab-case. */
const codeOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A day of the calendar such as 2026-01-31. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text < '1000') return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(+date) && date.toISOString().startsWith(text);
}
