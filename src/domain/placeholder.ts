/**
 * Placeholders that clients and templates send without a known person; as an id they would join thousands of people. The words
 * are those of PostHog's ingestion and what JavaScript, Python, Objective-C and spreadsheets print for nothing.
 */
const WORDS =
  'null,undefined,none,nil,nan,true,false,(null),<null>,(nil),nullptr,void,0,{},[],-,--,?,n/a,na,#n/a,#ref!,#value!,#name?,' +
  '[object object],[object undefined],[object null],id,email,user,userid,user_id,user-id,distinct_id,distinctid,' +
  'anonymous,guest,unknown,nobody,not_authenticated,unauthenticated,not set,(not set),not_set,(none),(empty),' +
  'null null,undefined undefined';

/** Of an address, both before and behind the `@`: `null@null.com`. A person may be called Null, and a firm None. */
const EMPTY =
  /^(null|undefined|none|nil|nan|na|n\/a|noemail|no-email|no_email|nomail|no-mail|no|unknown)@\1(?:\.[a-z]+)*$/;

/** A variable that was not filled in: `{{user_id}}`, `${id}`, `%%EMAIL%%`, `*|EMAIL|*`, `[[id]]`, `<%= id %>`, `#{id}`, `{!Lead.Id}` … */
const TEMPLATE =
  /\{\{|\}\}|[$#@]\{|\{%|%%[^%]+%%|\*\||\[\[.*\]\]|\[%|^<.*>$|^\{[^{}]*\}$|^\[[^[\]]*\]$|^%[\w.-]+%$|^##.+##$|^%7b.*%7d$|^&lt;.*&gt;$|^\(\(.*\)\)$/s;

/** `0`, `000…`, and an all-zero UUID with or without hyphens, braces or `urn:uuid:`. */
const ZEROS = /^(?:urn:uuid:)?[{(]?0[0-]*[)}]?$/;

const QUOTED = /^(["'`])(.*)\1$/s;
const PATTERN_CHARACTERS = /[.+?^${}()|[\]\\]/g;

export type IsPlaceholder = (id: string) => boolean;

/**
 * Compiles the test whether an id or address is a placeholder, ignoring case.
 *
 * @param own additional ones; `*` in them is a wildcard, and `!` before one removes a default or a pattern
 */
export function placeholders(own: readonly string[] = []): IsPlaceholder {
  const words = new Set(WORDS.split(','));
  const patterns: RegExp[] = [];
  const allowed = new Set<string>();
  for (const entry of own.map((each) => each.toLowerCase())) {
    if (entry.startsWith('!')) allowed.add(entry.slice(1));
    else if (entry.includes('*')) patterns.push(patternOf(entry));
    else words.add(entry);
  }
  return (id) => {
    const plain = id.trim().toLowerCase().replace(QUOTED, '$2').trim();
    if (allowed.has(plain)) return false;
    return words.has(plain) || [ZEROS, EMPTY, TEMPLATE, ...patterns].some((pattern) => pattern.test(plain));
  };
}

const patternOf = (entry: string): RegExp =>
  new RegExp(`^${entry.replace(PATTERN_CHARACTERS, '\\$&').replaceAll('*', '.*')}$`, 's');
