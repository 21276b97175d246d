import apple from './networks/apple.json' with { type: 'json' };
import barracuda from './networks/barracuda.json' with { type: 'json' };
import google from './networks/google.json' with { type: 'json' };
import mimecast from './networks/mimecast.json' with { type: 'json' };
import { memoize } from '../domain/memoize.js';
import { networkTest } from '../domain/network.js';
import proofpoint from './networks/proofpoint.json' with { type: 'json' };

/** A list of networks as it was published at a date; it is replaced by editing the file, never at run time. */
export interface NetworkList {
  readonly name: string;
  readonly source: string;
  readonly date: string;
  /** Address and prefix length. */
  readonly networks: readonly string[];
}

export const NETWORK_LISTS: readonly NetworkList[] = [apple, google, mimecast, proofpoint, barracuda];

const inLists = (...lists: readonly NetworkList[]): ((address: string) => boolean) =>
  memoize(10_000, networkTest(lists.flatMap(({ networks }) => networks)));

export const isApple = inLists(apple);
export const isGoogle = inLists(google);
export const isScanner = inLists(mimecast, proofpoint, barracuda);
