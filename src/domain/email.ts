/** In UTF-16 units, as SMTP has it (RFC 5321). */
const LONGEST = 254;
/** Most addresses: in their one form already, unless a part of the domain is punycode. */
const PLAIN =
  /^[a-z\d!#$%&'*+/=?^_`{|}~.-]+@(?:[a-z\d_](?:[a-z\d_-]*[a-z\d_])?\.)+[a-z](?:[a-z\d-]*[a-z\d])?$/;
/** Zero-width characters, soft hyphens, byte order and direction marks: they come along with copying and are never seen. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|\p{Cf}/gu;
const LOCAL = /^[^\s@"(),:;<>[\]\\\p{Cc}\p{Cs}\ufffd]+$/u;
/** What a host name may hold, before its characters beyond ASCII are encoded. */
const HOST = /^(?:[a-z\d._-]|[^\p{ASCII}\s\p{Cc}\p{Cs}\ufffd])+$/iu;
const DOMAIN = /^(?:[a-z\d_](?:[a-z\d_-]*[a-z\d_])?\.)+[a-z](?:[a-z\d-]*[a-z\d])?$/;

/**
 * The one form of an e-mail address: without space around it and invisible characters, in lower case and NFC, its domain in
 * ASCII (punycode), as URLs have it. Undefined: it is none. A list of addresses is none either.
 */
export function emailAddress(text: string): string | undefined {
  if (text.length <= LONGEST && PLAIN.test(text) && !text.includes('xn--')) return text;
  if (text.length > 4 * LONGEST) return undefined;
  const address = text.replace(INVISIBLE, '').trim().normalize('NFC').toLowerCase();
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0));
  const domain = asciiDomain(address.slice(at + 1));
  if (!LOCAL.test(local) || domain === undefined) return undefined;
  const whole = `${local}@${domain}`;
  return whole.length <= LONGEST ? whole : undefined;
}

function asciiDomain(domain: string): string | undefined {
  const host = domain.replace(/[.。]$/, '');
  if (!HOST.test(host)) return undefined;
  const isPlain = /^[\p{ASCII}]*$/u.test(host) && !host.includes('xn--');
  const ascii = isPlain ? host : URL.parse(`http://${host}`)?.hostname;
  return ascii !== undefined && DOMAIN.test(ascii) ? ascii : undefined;
}
