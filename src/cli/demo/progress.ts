import progress from 'cli-progress';

/** Something that takes a while, as a bar at a terminal and as a line every tenth elsewhere. */
export interface Progress {
  advance(by: number): void;
  done(): void;
}

export function showProgress(label: string, total: number): Progress {
  return process.stdout.isTTY ? bar(label, total) : lines(label, total);
}

function bar(label: string, total: number): Progress {
  const format = `${label.padEnd(14)} {bar} {percentage}%  {value}/{total}  {duration_formatted}`;
  const shown = new progress.SingleBar(
    { format, hideCursor: true, barsize: 32 },
    progress.Presets.shades_classic,
  );
  shown.start(total, 0);
  return { advance: (by) => shown.increment(by), done: () => shown.stop() };
}

function lines(label: string, total: number): Progress {
  let [value, tenths] = [0, 0];
  const advance = (by: number): void => {
    value += by;
    const reached = Math.floor((value * 10) / Math.max(total, 1));
    if (reached > tenths) console.log(`${label.padEnd(14)} ${reached * 10}%  ${value}/${total}`);
    tenths = Math.max(tenths, reached);
  };
  return { advance, done: () => undefined };
}
