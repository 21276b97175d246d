import { JourneyEncoder } from '../src/domain/sequences/journeys.js';
import { rankSequences } from '../src/domain/sequences/ranked-sequences.js';
import { Random } from '../test/random.js';
import type { Report } from './figure.js';

const JOURNEYS = 50_000;
const TOUCHES = 1_000_000;
const BAR_SECONDS = 5;

/** Frequent sequences of a million touches on 50,000 journeys: the CPU time of coding and searching them. */
export function sequences(report: Report): void {
  const cases = [
    { name: '200 contents', items: 200, minSupport: 500, maxLength: 3 },
    { name: '2,000 contents', items: 2_000, minSupport: 50, maxLength: 3 },
    { name: '12 channels', items: 12, minSupport: 500, maxLength: 4 },
  ];
  for (const { name, items, ...request } of cases) {
    const paths = pathsOf(items);
    const coding = timed(() => {
      const encoder = new JourneyEncoder();
      for (const path of paths) encoder.add(path);
      return encoder.finish().journeys;
    });
    const search = timed(() =>
      rankSequences(coding.value, { ...request, minLength: 2, sort: 'lift', limit: 100 }),
    );
    const { found, searchedLength } = search.value;
    const rest = `${found.toLocaleString('en-US')} sequences of up to ${searchedLength} steps`;
    report({
      name: `sequences, a million touches, ${name}, support ${request.minSupport}: ${rest}`,
      value: coding.seconds + search.seconds,
      unit: 's',
      atMost: BAR_SECONDS,
    });
  }
}

/** Contents as unequal as they are; every fifth one helps. */
function pathsOf(items: number) {
  const random = new Random(7);
  const upTo = Array.from({ length: items }, (_, index) => Math.log((index + 3) / 2));
  const most = upTo.at(-1) ?? 1;
  const pick = (): number => {
    const at = random.next() * most;
    // The inverse of the logarithm above.
    return Math.max(0, Math.min(items - 1, Math.ceil(2 * Math.exp(at) - 3)));
  };
  return Array.from({ length: JOURNEYS }, () => {
    const touches = Array.from({ length: TOUCHES / JOURNEYS }, pick);
    const helped = touches.filter((item) => item % 5 === 0).length;
    return {
      steps: touches.map((item) => `content-${item}`),
      converted: random.chance(0.1 + 0.02 * helped),
      value: 1_000_000n,
    };
  });
}

function timed<T>(run: () => T): { readonly value: T; readonly seconds: number } {
  const began = process.cpuUsage();
  const value = run();
  const { user, system } = process.cpuUsage(began);
  return { value, seconds: (user + system) / 1e6 };
}
