import ipaddr from 'ipaddr.js';

/** The first bits of the addresses in it. */
export interface Network {
  readonly kind: 'ipv4' | 'ipv6';
  readonly bits: number;
  readonly prefix: string;
}

/** A network as `198.51.100.0/24` or a single address; undefined: it is neither. `1.2.3` is a forgotten part, not `1.2.0.3`. */
export function parseNetwork(text: string): Network | undefined {
  if (!text.includes(':') && text.split('.').length !== 4) return undefined;
  if (ipaddr.isValidCIDR(text)) return networkOf(...ipaddr.parseCIDR(text));
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return networkOf(address, address.kind() === 'ipv4' ? 32 : 128);
}

type Address = ReturnType<typeof ipaddr.parse>;

const networkOf = (base: Address, bits: number): Network => ({
  ...{ kind: base.kind(), bits },
  prefix: prefixOf(base.toByteArray(), bits),
});

export const isNetwork = (text: string): boolean => parseNetwork(text) !== undefined;

/**
 * Values by network. They are looked up by their prefix, so that it costs as many look-ups as there are different prefix lengths,
 * however many networks there are.
 */
export class NetworkTable<T> {
  readonly #values = new Map<Network['kind'], Map<number, Map<string, T[]>>>();

  add({ kind, bits, prefix }: Network, value: T): void {
    const ofKind = getOrCreate(this.#values, kind, () => new Map<number, Map<string, T[]>>());
    const ofLength = getOrCreate(ofKind, bits, () => new Map<string, T[]>());
    getOrCreate(ofLength, prefix, () => []).push(value);
  }

  /**
   * The values of the networks that an address is in; an IPv4 address may be written as IPv6 (`::ffff:198.51.100.7`). None for
   * what is no address.
   */
  find(text: string): readonly T[] {
    if (this.#values.size === 0 || !ipaddr.isValid(text)) return [];
    const address = ipaddr.process(text);
    const bytes = address.toByteArray();
    const found: T[] = [];
    for (const [bits, known] of this.#values.get(address.kind()) ?? [])
      for (const value of known.get(prefixOf(bytes, bits)) ?? []) found.push(value);
    return found;
  }
}

/** Whether an address is in one of the networks. What is no network holds none. */
export function networkTest(networks: readonly string[]): (address: string) => boolean {
  const table = new NetworkTable<string>();
  for (const text of networks) {
    const network = parseNetwork(text);
    if (network) table.add(network, text);
  }
  return (address) => table.find(address).length > 0;
}

/** The first bits of an address, one character a byte. */
function prefixOf(bytes: readonly number[], bits: number): string {
  const whole = bits >> 3;
  const rest = bits & 7;
  const codes = bytes.slice(0, whole);
  if (rest > 0) codes.push((bytes[whole] ?? 0) & (0xff << (8 - rest)));
  return String.fromCharCode(...codes);
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = create()));
  return found;
}

/** Global unicast. What lies outside of it is of no network, or of a network that nobody shares. */
const GLOBAL_IPV6 = networkTest(['2000::/3']);

/** Internal services that clouds offer at an address that looks public: Azure's agent. */
const CLOUD_SERVICES = networkTest(['168.63.129.16']);

/**
 * Whether an address belongs to the public internet. Not: loopback, private, link-local with the metadata services of clouds,
 * carrier-grade NAT, multicast, reserved, and IPv6 that stands for an IPv4 address (mapped, NAT64, 6to4, Teredo). False for
 * what is no address.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text) || CLOUD_SERVICES(text)) return false;
  const address = ipaddr.process(text);
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || GLOBAL_IPV6(text));
}
