import { globTest } from './content.js';

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

/** A variable that was not filled in: `{{user_id}}`, `${id}`, `%%EMAIL%%`, `*|EMAIL|*`, `<%= id %>`, `#{id}`, `{!Lead.Id}` … */
const TEMPLATE =
  /\{\{|\}\}|[$#@]\{|\{%|%%[^%]+%%|\*\||\[%|^<.*>$|^\{[^{}]*\}$|^\[[^[\]]*\]$|^%[\w.-]+%$|^##.+##$|^%7b.*%7d$|^&lt;.*&gt;$|^\(\(.*\)\)$/s;

/** `[[id]]`, also within other text: a regular expression would look for the end from each of many beginnings. */
function hasDoubleBrackets(text: string): boolean {
  const begin = text.indexOf('[[');
  return begin >= 0 && text.includes(']]', begin + 2);
}

/** `0`, `000…`, and an all-zero UUID with or without hyphens, braces or `urn:uuid:`. */
const ZEROS = /^(?:urn:uuid:)?[{(]?0[0-]*[)}]?$/;

const QUOTED = /^(["'`])(.*)\1$/s;
/** In UTF-16 units; nothing longer is an id or an address. */
const LONGEST = 1_024;

export type IsPlaceholder = (id: string) => boolean;

/**
 * Compiles the test whether an id or address is a placeholder, ignoring case.
 *
 * @param own additional ones; `*` in them is a wildcard, and `!` before one removes a default or a pattern
 */
export function placeholders(own: readonly string[] = []): IsPlaceholder {
  const words = new Set(WORDS.split(','));
  const patterns: IsPlaceholder[] = [];
  const allowed = new Set<string>();
  for (const entry of own.map((each) => each.toLowerCase())) {
    if (entry.startsWith('!')) allowed.add(entry.slice(1));
    else if (entry.includes('*')) patterns.push(globTest(entry.replace(/\*+/g, '**')));
    else words.add(entry);
  }
  const longestWord = Math.max(...[...words].map((word) => word.length));
  return (id) => {
    if (id.length > LONGEST) return false;
    const plain = unquoted(id.trim().toLowerCase());
    if (allowed.size > 0 && allowed.has(plain)) return false;
    // A look-up hashes the whole text.
    const isWord = plain.length <= longestWord && words.has(plain);
    return isWord || isUnfilled(plain) || patterns.some((matches) => matches(plain));
  };
}

const unquoted = (text: string): string => (QUOTED.test(text) ? text.replace(QUOTED, '$2').trim() : text);

const isUnfilled = (plain: string): boolean =>
  ZEROS.test(plain) || EMPTY.test(plain) || TEMPLATE.test(plain) || hasDoubleBrackets(plain);
