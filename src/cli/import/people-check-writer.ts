import type { IdentityKey } from '../../domain/identity/keys.js';
import { keyValue } from '../../domain/identity/keys.js';
import type { Finding, KnownPerson, ListCheck, ListedPerson } from '../../domain/list-check.js';
import type { NewFact } from '../../event-store/event-store.js';
import type { ItemResult } from '../../intake/batch.js';
import { NO_ADDRESS } from '../../intake/identities.js';
import type { Reason } from '../../intake/outcome.js';
import type { FactWriter, RowWriter, WrittenRows } from './fact-writer.js';
import type { ListReport, ReportedRow } from './list-report.js';
import type { SourceRow } from './row-splitter.js';

/** Finds the leads of keys, each key once, that were known when the list was first read. */
export type FindKnown = (keys: readonly IdentityKey[]) => Promise<ReadonlyMap<IdentityKey, KnownPerson>>;

export interface PeopleCheckOptions {
  /** Of the file. */
  readonly name: string;
  readonly facts: Pick<FactWriter, 'prepare'>;
  readonly check: ListCheck;
  readonly report: Pick<ListReport, 'add'>;
  readonly findKnown: FindKnown;
}

/** Checks the rows of a list of people in their order, and writes nothing but the report. */
export class PeopleCheckWriter implements RowWriter {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: PeopleCheckOptions) {}

  write(rows: readonly SourceRow[]): Promise<WrittenRows> {
    const written = this.#last.then(() => this.#check(rows));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #check(rows: readonly SourceRow[]): Promise<WrittenRows> {
    const { facts, findKnown, report } = this.options;
    const { batch, rowOf } = facts.prepare(rows);
    const people = peopleIn(batch.results, batch.facts);
    const known = await findKnown([...new Set(people.flatMap((person) => person?.keys ?? []))]);
    const checked = batch.results.map((result, at) =>
      this.#report(rowOf[at]?.line ?? 0, result, people[at], known),
    );
    await report.add(checked);
    return { outcomes: batch.results, rowOf };
  }

  #report(
    line: number,
    result: ItemResult,
    person: Person | undefined,
    known: ReadonlyMap<IdentityKey, KnownPerson>,
  ): ReportedRow {
    const { name: file, check } = this.options;
    if (!person) return { file, line, email: undefined, findings: rejection(result) };
    const leads = person.keys.flatMap((key) => known.get(key) ?? []);
    const email = person.keys.find((key) => key.startsWith('email:'));
    return {
      ...{ file, line, email: email && keyValue(email) },
      ...check.check({ ...person, place: `${file}:${line}` }, leads),
    };
  }
}

type Person = Omit<ListedPerson, 'place'>;

/** The person of each row; undefined: the row is rejected. */
function peopleIn(
  results: readonly ItemResult[],
  facts: readonly NewFact[],
): readonly (Person | undefined)[] {
  let next = 0;
  return results.map((result) => {
    if (result.status === 'rejected') return undefined;
    const own = facts.slice(next, (next += result.facts)).map(({ event }) => event);
    const claim = own.find((event) => event.type === 'IdentityClaimed')?.data;
    return {
      keys: claim?.identity ?? [],
      traits: claim?.traits ?? {},
      isOptedOut: own.some(
        (event) => event.type === 'ConsentChanged' && event.data.status === 'unsubscribed',
      ),
      hasInvalidAddress: result.warnings.some(({ code }) => code === 'email-invalid'),
    };
  });
}

function rejection(result: ItemResult): readonly Finding[] {
  if (result.status !== 'rejected') return [];
  const { reason } = result;
  return [
    { code: 'rejected', text: describe(reason) },
    ...(reason.message.includes(NO_ADDRESS)
      ? [{ code: 'invalid-address', text: 'is no e-mail address' } as const]
      : []),
  ];
}

const describe = ({ code, message, path }: Reason): string =>
  `${code}: ${path === undefined ? '' : `${path} `}${message}`;
