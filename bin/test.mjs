// `npm test [-- JEST ARGUMENTS]`: installs and builds what is needed, runs every spec, and ends with one line of figures.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, ROOT } from './prepare.mjs';
import { run } from './run.mjs';

const args = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'touchline-test-'));
const report = join(folder, 'report.json');

install();
// Some specs run the built server as a process of its own.
build();
// A larger young generation collects less often.
const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=64'];
const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
run([...flags, jest, '--json', `--outputFile=${report}`, ...args], { onExit: sumUp });

/** @returns the exit code: never 0 without a report */
function sumUp(code) {
  try {
    const results = JSON.parse(readFileSync(report, 'utf8'));
    if (!args.some((arg) => /^(-t|--testNamePattern)/.test(arg))) tellSkipped(results.testResults);
    // A file that does not even load has no tests to count.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
    return code || (failed > 0 ? 1 : 0);
  } catch {
    console.error('Jest exited without a report.');
    return code || 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A test that is skipped says in its name why. */
function tellSkipped(files) {
  const tests = files.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test) => ({ name, ...test })),
  );
  const skipped = tests.filter(({ status }) => ['pending', 'todo', 'disabled'].includes(status));
  if (skipped.length > 0) console.log('\nSkipped:');
  for (const { name, fullName } of skipped) console.log(`  ${name.slice(ROOT.length + 1)}: ${fullName}`);
}
