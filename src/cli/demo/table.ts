import Table from 'cli-table3';

/** A table for a terminal, with numbers aligned to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const isNumber = head.map(
    (_, index) =>
      rows.length > 0 && rows.every((row) => /^[$€–-]?[\d.,\s]*(%|[A-Z]{3})?$/.test(String(row[index]))),
  );
  const shown = new Table({
    head: [...head],
    colAligns: isNumber.map((right) => (right ? 'right' : 'left')),
    style: {
      compact: true,
      ...(process.stdout.isTTY ? { head: ['bold'], border: ['grey'] } : { head: [], border: [] }),
    },
  });
  shown.push(...rows.map((row) => row.map((cell) => shorten(String(cell)))));
  return shown.toString();
}

const LONGEST = 48;
const shorten = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

/** 1234567 minor units as "12,346 USD": whole units are enough to look at. */
export function roundMoney(money: { readonly amount: string; readonly currency: string }): string {
  return `${Math.round(Number(money.amount)).toLocaleString('en-US')} ${money.currency}`;
}
