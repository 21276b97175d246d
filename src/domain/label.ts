/** Longest text of a field that reports group by, in UTF-16 units. */
export const LABEL_LENGTH = 256;

/** Most labels: visible ASCII, single spaces between. */
const PLAIN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/**
 * Control and format characters, halves of surrogate pairs, U+FFFD (which a NUL became that could not be stored) and
 * whatever else shows nothing; joiners aside.
 */
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800\ufffd]/gu;
/** Joiners belong to scripts and emoji, not to ASCII. */
const NEEDLESS_JOINER = /(?<!\P{ASCII})[\u200c\u200d]+|[\u200c\u200d]+(?!\P{ASCII})/gu;

/**
 * A label as every format, column and query parameter has it: white space trimmed and collapsed, Unicode NFC, nothing
 * invisible, at most `max` UTF-16 units. Undefined where nothing is left: a blank label is none.
 */
export function label(value: string, max = LABEL_LENGTH): string | undefined {
  if (value.length <= max && PLAIN.test(value)) return value;
  let normalised = visible(value);
  // What is cut may end in a space or a joiner.
  while (normalised.length > max || normalised !== visible(normalised))
    normalised = visible(normalised.slice(0, max));
  return normalised === '' ? undefined : normalised;
}

const visible = (value: string): string =>
  value
    .replace(/[\s\u0085]+/g, ' ')
    .replace(INVISIBLE, '')
    .replace(NEEDLESS_JOINER, '')
    .replace(/ +/g, ' ')
    .trim()
    .normalize('NFC');

/** The label of a source or medium; case is ignored. */
export const tagLabel = (value: string): string | undefined => {
  const made = label(value);
  return made === undefined ? undefined : label(made.toLowerCase());
};
