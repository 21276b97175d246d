import { describe, expect, test } from '@jest/globals';
import { ClientAddresses, parseNetwork } from './client-address.js';

const addresses = new ClientAddresses(['10.0.0.0/8', '192.0.2.7', '2001:db8:ffff::/48']);

describe('the client of a request', () => {
  test.each([
    ['is the peer where nothing was forwarded', '198.51.100.1', undefined, '198.51.100.1'],
    ['is the peer where nobody trusts it', '198.51.100.1', '203.0.113.9', '198.51.100.1'],
    ['is whom a trusted proxy names', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    [
      'is the last one named: those before are the word of the client',
      '10.1.2.3',
      '1.1.1.1, 203.0.113.9',
      '203.0.113.9',
    ],
    [
      'lies before every trusted proxy',
      '10.1.2.3',
      '1.1.1.1, 203.0.113.9, 192.0.2.7, 10.9.9.9',
      '203.0.113.9',
    ],
    ['is the first trusted proxy where all are', '10.1.2.3', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['is the proxy where the header is no address', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['is written as IPv4 where it is mapped', '::ffff:198.51.100.1', undefined, '198.51.100.1'],
    ['is trusted where its proxy is mapped', '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['of IPv6 is a network of /64', '2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    [
      'of IPv6 is the same network however it is written',
      '2001:0DB8:0001:2::6',
      undefined,
      '2001:db8:1:2::/64',
    ],
    ['of IPv6 with zeros in the middle', '2001:db8::6', undefined, '2001:db8:0:0::/64'],
    ['of the loopback of IPv6', '::1', undefined, '0:0:0:0::/64'],
    ['behind a proxy of IPv6', '2001:db8:ffff::1', '2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['that is not known', undefined, '203.0.113.9', ''],
  ])('%s', (_, peer, forwardedFor, client) => {
    expect(addresses.clientOf(peer, forwardedFor)).toBe(client);
  });

  test('is looked up among the last hops only, however long the header is', () => {
    const header = Array(5_000).fill('10.0.0.1').join(',');
    expect(addresses.clientOf('10.1.2.3', header)).toBe('10.0.0.1');
  });
});

test.each(['10.0.0.0/33', '10.0.0', 'proxy.example', '10.0.0.0/8/8', '10.0.0.0/', '::/129', ''])(
  '"%s" is neither an address nor a network',
  (text) => expect(parseNetwork(text)).toBeUndefined(),
);
