import apple from './networks/apple.json' with { type: 'json' };
import barracuda from './networks/barracuda.json' with { type: 'json' };
import google from './networks/google.json' with { type: 'json' };
import mimecast from './networks/mimecast.json' with { type: 'json' };
import { memoize } from '../domain/memoize.js';
import { networkTest } from '../domain/network.js';
import proofpoint from './networks/proofpoint.json' with { type: 'json' };

/** Networks of one provider; the list is replaced by editing the file, never at run time. */
export interface NetworkList {
  readonly name: string;
  readonly groups: readonly NetworkGroup[];
}

interface NetworkGroup {
  readonly source: string;
  /** The date that the source bears; null if it bears none. */
  readonly asOf: string | null;
  /** When the networks were last compared with the source. */
  readonly checked: string;
  /** Address and prefix length. */
  readonly networks: readonly string[];
}

export const NETWORK_LISTS: readonly NetworkList[] = [apple, google, mimecast, proofpoint, barracuda];

export const networksOf = ({ groups }: NetworkList): readonly string[] =>
  groups.flatMap(({ networks }) => networks);

const inLists = (...lists: readonly NetworkList[]): ((address: string) => boolean) =>
  memoize(10_000, networkTest(lists.flatMap(networksOf)));

export const isApple = inLists(apple);
export const isGoogle = inLists(google);
export const isScanner = inLists(mimecast, proofpoint, barracuda);
