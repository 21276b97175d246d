/** An absolute http(s) address in the form that all its spellings share. */
export interface WebUrl {
  readonly protocol: 'http:' | 'https:';
  /** Lower case, in punycode, without the dot of the root. */
  readonly hostname: string;
  /** With the port, unless it is the usual one of either protocol. */
  readonly host: string;
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  /** With `#`. */
  readonly hash: string;
}

/**
 * The parts of an address, normalised as RFC 3986 §6.2.2 and §6.2.3 have it: scheme and host in lower case, the usual
 * port left out, dot segments resolved, escapes in capitals, and unreserved characters without them. `&amp;` is the
 * ampersand of a link copied out of HTML. Undefined for what is no absolute http(s) address.
 */
export function parseWebUrl(text: string): WebUrl | undefined {
  const url = URL.parse(text.trim());
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  const hostname = withoutLast(url.hostname, '.');
  if (hostname === '') return undefined;
  const isUsual = url.port === '' || url.port === '80' || url.port === '443';
  return {
    protocol: url.protocol,
    hostname,
    host: isUsual ? hostname : `${hostname}:${url.port}`,
    path: normalisedEscapes(url.pathname),
    query: normalisedEscapes(url.search.slice(1).replace(/&(?:amp;)+/gi, '&')),
    hash: normalisedEscapes(url.hash),
  };
}

/** A text without a character at its end, however often; a regular expression tries each of a long run of them, to its end. */
export function withoutLast(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}

const NO_ESCAPES = /^[\w\-.~!$&'()*+,;=:@/?#]*$/;

/** Escapes in capitals and none for unreserved characters; one for each character that an address may not hold. */
function normalisedEscapes(text: string): string {
  if (NO_ESCAPES.test(text)) return text;
  return text
    .replace(/%(?![0-9a-f]{2})/gi, '%25')
    .replace(/%[0-9a-f]{2}/gi, (escape) => {
      const char = String.fromCharCode(parseInt(escape.slice(1), 16));
      return /[\w\-.~]/.test(char) ? char : escape.toUpperCase();
    })
    .replace(/[^\w\-.~!$&'()*+,;=:@/?#%]+/g, (other) => encodeURIComponent(other.toWellFormed()));
}
