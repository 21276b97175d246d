/** What makes a spreadsheet read a cell as a formula, also in full width and after blanks, invisible characters or quotes. */
const FORMULA = /^(?=[\t\r\n])|^(?=[\s\p{Cf}"'“”„‘’‚«»]*[=+\-@＝＋－＠﹦﹢﹣﹫−])/u;
/** The same after characters at which some spreadsheets split cells, whatever surrounds the text. */
const FORMULA_WITHIN = /(?<=[;\t|\r\n])(?=[\s\p{Cf}"'“”„‘’‚«»]*[=+\-@＝＋－＠﹦﹢﹣﹫−])/gu;
const PLAIN_NUMBER = /^[+-]?\d{1,15}(\.\d{1,9})?$/;

/**
 * A text that comes from outside, by RFC 4180; nothing for none. What a spreadsheet would run is written behind an
 * apostrophe, as OWASP advises (https://owasp.org/www-community/attacks/CSV_Injection); numbers stay numbers.
 */
export function csvCell(text: string | null): string {
  if (text === null) return '';
  const safe = PLAIN_NUMBER.test(text) ? text : text.replace(FORMULA_WITHIN, "'").replace(FORMULA, "'");
  return /^[\w./ -]+$/.test(safe) ? safe : `"${safe.replaceAll('"', '""')}"`;
}
