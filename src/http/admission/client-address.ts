import { BlockList, isIP } from 'node:net';

/**
 * Decides whose share a request counts for. `X-Forwarded-For` is believed only from the proxies that a setting names: anybody
 * else could write another address into every request.
 */
export class ClientAddresses {
  readonly #proxies = new BlockList();

  /** @param trustedProxies addresses, or networks as in `10.0.0.0/8` */
  constructor(trustedProxies: readonly string[] = []) {
    for (const text of trustedProxies) {
      const network = parseNetwork(text);
      if (network) this.#proxies.addSubnet(network.address, network.prefix, network.family);
    }
  }

  isTrustedProxy(address: string | undefined): boolean {
    const plain = plainAddress(address ?? '');
    const version = isIP(plain);
    return version !== 0 && this.#proxies.check(plain, version === 6 ? 'ipv6' : 'ipv4');
  }

  /** The owner of shares of an address: of IPv6 the /64, which is what one customer of a provider has. @param forwardedFor as below */
  clientOf(remoteAddress: string | undefined, forwardedFor?: string | readonly string[]): string {
    return ownerOf(this.addressOf(remoteAddress, forwardedFor));
  }

  /**
   * The nearest address that no trusted proxy has.
   *
   * @param forwardedFor the header `X-Forwarded-For`; every proxy adds the address that it was asked from at the end
   */
  addressOf(remoteAddress: string | undefined, forwardedFor?: string | readonly string[]): string {
    let client = plainAddress(remoteAddress ?? '');
    if (forwardedFor === undefined || !this.isTrustedProxy(client)) return client;
    for (const hop of [forwardedFor].flat().join(',').split(',').slice(-MOST_HOPS).reverse()) {
      const address = plainAddress(hop.trim());
      if (isIP(address) === 0) break;
      client = address;
      if (!this.isTrustedProxy(client)) break;
    }
    return client;
  }
}

const MOST_HOPS = 20;

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** An address, or a network such as `10.0.0.0/8`; undefined when it is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const version = isIP(address);
  const most = version === 6 ? 128 : 32;
  if (version === 0 || rest.length > 0) return undefined;
  if (length !== undefined && !(/^\d{1,3}$/.test(length) && Number(length) <= most)) return undefined;
  return {
    address,
    prefix: length === undefined ? most : Number(length),
    family: version === 6 ? 'ipv6' : 'ipv4',
  };
}

/** IPv4 addresses come as `::ffff:192.0.2.1` where a server listens on IPv6. */
const plainAddress = (address: string): string =>
  /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address.split('%')[0] ?? '';

function ownerOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
