/** One line of the result: a figure, what it is measured in, and the bar it is held against. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Its share of the raw limit of the same run. */
  readonly ofLimit?: number;
  /** What it must be: at least or at most, in its own unit or, with `ofLimit`, as a share of the limit. */
  readonly atLeast?: number;
  readonly atMost?: number;
}
export type Report = (figure: Figure) => void;

/** Prints figures as they come. */
export function printFigures(): Report {
  console.log(
    `${'figure'.padEnd(64)}${'value'.padStart(12)}  ${'unit'.padEnd(10)}${'of limit'.padStart(9)}  bar`,
  );
  return (figure) => {
    const { name, value, unit, ofLimit } = figure;
    const share = ofLimit === undefined ? '' : ofLimit.toFixed(2);
    console.log(
      `${name.padEnd(64)}${show(value).padStart(12)}  ${unit.padEnd(10)}${share.padStart(9)}  ${verdict(figure)}`,
    );
  };
}

function verdict({ value, ofLimit, atLeast, atMost }: Figure): string {
  const measured = ofLimit ?? value;
  if (atLeast !== undefined) return `≥ ${show(atLeast)} ${measured >= atLeast ? 'met' : 'MISSED'}`;
  if (atMost !== undefined) return `≤ ${show(atMost)} ${measured <= atMost ? 'met' : 'MISSED'}`;
  return '';
}

const show = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
