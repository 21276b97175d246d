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
 * what is no address. What is no network holds none.
 */
export function networkTest(networks: readonly string[]): (address: string) => boolean {
  const parsed = networks.flatMap((text) => {
    const network = parseNetwork(text);
    return network ? [network] : [];
  });
  return (text) => {
    if (!ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return parsed.some(
      ([base, bits]) => base.kind() === address.kind() && address.match([base, bits] as never),
    );
  };
}
