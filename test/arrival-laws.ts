import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import type { JourneyModel } from '../src/domain/model/journey-model.js';
import { allVersions, currentRows, rowsAsOf } from './read-model-rows.js';
import { deleteReadModels, entry, logOf, project, type Entry } from './sample-events.js';

const RUNS = Number(process.env['FC_RUNS'] ?? 6);

export const published = (nth: number, document: JourneyModel): Entry =>
  entry(`model ${nth}`, 'model', 'JourneyModelPublished', 0, { document });

/** A few claims that a key is another, and a few decisions that two keys are one person or two. */
export const identityChanges = (
  keys: readonly IdentityKey[],
  { claimed = keys, others = keys, maxLength = 4 } = {},
): fc.Arbitrary<readonly Entry[]> =>
  fc
    .array(
      fc.tuple(
        fc.constantFrom('IdentityClaimed', 'IdentitiesMerged', 'IdentitiesSplit'),
        ...[fc.constantFrom(...keys), fc.constantFrom(...claimed), fc.constantFrom(...others)],
        fc.constantFrom(5, 10.4, 12),
      ),
      { maxLength },
    )
    .map((all) =>
      all.map(([type, key, other, otherKey, at], nth) =>
        type === 'IdentityClaimed' || key === otherKey
          ? entry(`claim ${nth}`, `identity-${nth}`, 'IdentityClaimed', at, { identity: [key, other] })
          : entry(`decision ${nth}`, `identity-${nth}`, type, at, {
              ...{ leadId: '', otherLeadId: '', key, otherKey },
            }),
      ),
    );

export interface Arrivals {
  readonly order: readonly Entry[];
  readonly otherOrder: readonly Entry[];
  /** What comes among them, in the order of its stream. */
  readonly among: readonly Entry[];
}

export interface ArrivalOptions {
  readonly pool: () => pg.Pool;
  /** The beginning of every log. */
  readonly first: readonly Entry[];
  /** In any order. */
  readonly moving: fc.Arbitrary<readonly Entry[]>;
  readonly among: readonly (readonly Entry[])[];
}

/** Laws 4 and 5 for read models of what may arrive in any order. */
export class ArrivalLaws {
  readonly #arrivals: fc.Arbitrary<Arrivals>;

  constructor(private readonly options: ArrivalOptions) {
    this.#arrivals = options.moving.chain((all) => {
      const order = fc.shuffledSubarray([...all], { minLength: all.length });
      return fc.record({ order, otherOrder: order, among: fc.constantFrom(...options.among) });
    });
  }

  /** @param number from 2 to 100 */
  law(title: string, holds: (arrivals: Arrivals, number: number) => Promise<void>): void {
    const property = fc.asyncProperty(this.#arrivals, fc.integer({ min: 2, max: 100 }), holds);
    test(title, () => fc.assert(property, { numRuns: RUNS, endOnFailure: true }), 300_000);
  }

  logOf(moving: readonly Entry[], among: readonly Entry[]): Entry[] {
    const part = Math.ceil(moving.length / (among.length + 1));
    const parts = among.flatMap((each, nth) => [each, ...moving.slice((nth + 1) * part, (nth + 2) * part)]);
    return [...this.options.first, ...moving.slice(0, part), ...parts];
  }

  async project(entries: readonly Entry[], batch: number): Promise<void> {
    await deleteReadModels(this.options.pool());
    await project(this.options.pool(), logOf(entries), batch);
  }

  /** @param subject what the read models are about, as in titles of tests */
  hold(subject: string): void {
    const { pool } = this.options;
    this.law(
      `versions of ${subject}, and of scores, stages and credits after them, do not depend on how the log was cut into batches`,
      async ({ order, among }, number) => {
        const entries = this.logOf(order, among);
        await this.project(entries, 1);
        const live = await allVersions(pool());
        for (const size of [2 + (number % 8), 5_000]) {
          await this.project(entries, size);
          expect(await allVersions(pool())).toEqual(live);
        }
      },
    );
    this.law(
      `the ${subject}, scores, stages and credits that stand do not depend on the order of arrival`,
      async ({ order, otherOrder, among }) => {
        await this.project(this.logOf(order, among), 5_000);
        const one = await currentRows(pool());
        await this.project(this.logOf(otherOrder, among), 3);
        expect(await currentRows(pool())).toEqual(one);
      },
    );
    this.law(
      `${subject} as of a position are those of a log that ends there`,
      async ({ order, among }, part) => {
        const entries = this.logOf(order, among);
        const position = Math.max(1, Math.round((entries.length * part) / 100));
        await this.project(entries, 7);
        const then = await rowsAsOf(pool(), BigInt(position));
        await this.project(entries.slice(0, position), 5_000);
        expect(await rowsAsOf(pool(), BigInt(position))).toEqual(then);
      },
    );
  }
}
