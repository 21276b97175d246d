import ipaddr from 'ipaddr.js';

type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** A network as `198.51.100.0/24` or a single address; undefined: it is neither. `1.2.3` is a forgotten part, not `1.2.0.3`. */
function parseNetwork(text: string): Network | undefined {
  if (!text.includes(':') && text.split('.').length !== 4) return undefined;
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

export const isNetwork = (text: string): boolean => parseNetwork(text) !== undefined;

/**
 * Whether an address is in one of the networks; an IPv4 address may be written as IPv6 (`::ffff:198.51.100.7`). False for
 * what is no address. What is no network holds none. Networks are looked up by their prefix, so that it costs as many
 * look-ups as there are different prefix lengths, however many networks there are.
 */
export function networkTest(networks: readonly string[]): (address: string) => boolean {
  const prefixes = new Map<string, Map<number, Set<string>>>();
  for (const text of networks) {
    const network = parseNetwork(text);
    if (!network) continue;
    const [base, bits] = network;
    const ofKind = getOrCreate(prefixes, base.kind(), () => new Map<number, Set<string>>());
    getOrCreate(ofKind, bits, () => new Set<string>()).add(prefixOf(base.toByteArray(), bits));
  }
  return (text) => {
    if (!ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    const bytes = address.toByteArray();
    for (const [bits, known] of prefixes.get(address.kind()) ?? [])
      if (known.has(prefixOf(bytes, bits))) return true;
    return false;
  };
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
  const found = map.get(key) ?? create();
  map.set(key, found);
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
