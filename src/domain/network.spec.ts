import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { networkTest } from './network.js';

const network = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
  fc.tuple(
    fc.constantFrom('198.51.100.0', '198.51.100.128', '203.0.113.77'),
    fc.integer({ min: 20, max: 32 }),
  ),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
);
const address = fc.oneof(
  fc.ipV4(),
  fc.constantFrom('198.51.100.7', '198.51.101.255', '203.0.113.77'),
  fc.ipV6(),
);

test('an address is in networks exactly when it is in one of them by itself', () => {
  fc.assert(
    fc.property(fc.array(network, { maxLength: 20 }), address, (networks, ip) => {
      const own = ipaddr.process(ip);
      const expected = networks.some(([base, bits]) => {
        const parsed = ipaddr.parse(base);
        return parsed.kind() === own.kind() && own.match([parsed, bits] as never);
      });
      expect(networkTest(networks.map(([base, bits]) => `${base}/${bits}`))(ip)).toBe(expected);
    }),
    { numRuns: 500 },
  );
});
