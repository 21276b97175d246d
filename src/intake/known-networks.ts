import { BlockList, isIP } from 'node:net';
import apple from './networks/apple.json' with { type: 'json' };
import barracuda from './networks/barracuda.json' with { type: 'json' };
import google from './networks/google.json' with { type: 'json' };
import mimecast from './networks/mimecast.json' with { type: 'json' };
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

/** Whether an address is in one of the networks; false for what is no address. */
export function networkTest(lists: readonly Pick<NetworkList, 'networks'>[]): (address: string) => boolean {
  const networks = new BlockList();
  for (const network of lists.flatMap((list) => list.networks)) {
    const [address = '', prefix] = network.split('/');
    networks.addSubnet(address, Number(prefix), familyOf(address) ?? 'ipv4');
  }
  return (address) => {
    const family = familyOf(address);
    return family !== undefined && networks.check(address, family);
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

export const isApple = networkTest([apple]);
export const isGoogle = networkTest([google]);
export const isScanner = networkTest([mimecast, proofpoint, barracuda]);
