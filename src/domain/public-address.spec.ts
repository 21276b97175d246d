import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPublicAddress } from './network.js';

/** IANA's special-purpose address registries (RFC 6890), and the metadata services of clouds. */
const INTERNAL = {
  'this host': ['0.0.0.0', '0.1.2.3', '::'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: [
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    'fc00::1',
    'fd12::1',
  ],
  'link-local': ['169.254.0.1', '169.254.255.255', 'fe80::1', 'febf::1', 'fe80::1%eth0'],
  'metadata of clouds': [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    'fd00:ec2::254',
  ],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  multicast: ['224.0.0.1', '239.255.255.250', 'ff02::1', 'ff0e::1'],
  broadcast: ['255.255.255.255'],
  reserved: ['240.0.0.1', '192.0.0.8', '198.18.0.1', '198.19.255.255', '4000::1', 'fec0::1', '100::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1'],
  'IPv4-mapped': ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:169.254.169.254'],
  'IPv4-compatible': ['::127.0.0.1', '::7f00:1'],
  'IPv4-translated': ['::ffff:0:127.0.0.1'],
  NAT64: ['64:ff9b::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::7f00:1'],
  '6to4': ['2002:7f00:1::', '2002:a00:1::1', '192.88.99.1'],
  Teredo: ['2001::1', '2001:0:7f00:1::'],
  'no address': ['', 'localhost', 'example.com', '1.2.3.4.5', '::g', '1.2.3.4/32', ' 8.8.8.8'],
};

describe('an address is not public that is of the kind', () => {
  const cases = Object.entries(INTERNAL).flatMap(([kind, list]) => list.map((text) => [kind, text] as const));
  test.each(cases)('%s: %s', (_, text) => {
    expect(isPublicAddress(text)).toBe(false);
  });
});

test.each(['8.8.8.8', '1.1.1.1', '93.184.216.34', '172.32.0.1', '100.128.0.1', '::ffff:8.8.8.8'])(
  'the IPv4 address %s is public',
  (text) => {
    expect(isPublicAddress(text)).toBe(true);
  },
);

test.each(['2606:4700:4700::1111', '2a00:1450:4001::1', '2620:fe::fe'])(
  'the IPv6 address %s is public',
  (text) => {
    expect(isPublicAddress(text)).toBe(true);
  },
);

test('an IPv4 address is public exactly if it is public when it is written as mapped to IPv6', () => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      expect(isPublicAddress(`::ffff:${text}`)).toBe(isPublicAddress(text));
    }),
  );
});
