import { expect, test } from '@jest/globals';
import ipaddr from 'ipaddr.js';
import { NETWORK_LISTS, networksOf } from './known-networks.js';
import { verdictOf } from './verdict.js';

type Network = ReturnType<typeof ipaddr.parseCIDR>;

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';
const NETWORKS = NETWORK_LISTS.flatMap((list) => networksOf(list).map((text) => [text, list.name] as const));

const overlap = ([a, aBits]: Network, [b, bBits]: Network): boolean =>
  a.kind() === b.kind() && a.match([b, Math.min(aBits, bBits)] as never);

test.each(NETWORKS)('network %s (%s) is public and not too wide', (text) => {
  const [address, bits] = ipaddr.parseCIDR(text);
  expect(address.range()).toBe('unicast');
  expect(bits).toBeGreaterThanOrEqual(address.kind() === 'ipv4' ? 8 : 20);
  const network = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  expect(network.networkAddressFromCIDR(text).toString()).toBe(address.toString());
});

test('no two known networks overlap', () => {
  const parsed = NETWORKS.map(([text]) => [text, ipaddr.parseCIDR(text)] as const);
  const overlaps = parsed.flatMap(([text, network], index) =>
    parsed.slice(index + 1).flatMap(([other, of]) => (overlap(network, of) ? [[text, other]] : [])),
  );
  expect(overlaps).toEqual([]);
});

test.each(NETWORK_LISTS)('every network of $name has a source and the date of its check', ({ groups }) => {
  for (const { source, asOf, checked, networks } of groups) {
    expect(source).not.toBe('');
    expect(asOf ?? '2026-11-30').toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(checked).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(networks).not.toEqual([]);
  }
});

test.each([
  ['17.1.2.3', 'email_open', 'machine_open'],
  ['17.1.2.3', 'email_click', 'human'],
  ['17.1.2.3', 'page_view', 'human'],
  ['2a00:1450:4001::1', 'email_open', 'human'],
  ['74.125.1.1', 'email_click', 'human'],
  ['67.231.152.1', 'email_open', 'machine_open'],
  ['67.231.152.1', 'email_click', 'link_scanner'],
  ['209.222.81.1', 'email_click', 'link_scanner'],
  ['91.220.42.1', 'email_click', 'link_scanner'],
  ['67.231.152.1', 'page_view', 'human'],
] as const)('a browser at %s that causes %s has the verdict %s', (ip, kind, verdict) => {
  expect(verdictOf({ kind, ip, userAgent: CHROME, properties: {} }).verdict).toBe(verdict);
});
