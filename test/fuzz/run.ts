/**
 * `npm run fuzz [-- --seconds 60 --only NAME --seed N]`: everything that takes input from outside is given inputs that
 * never were any. The time is divided among the targets. A finding is shrunk and told with what replays it.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { contractTargets } from './contract-targets.ts';
import { controllerTargets } from './controller-targets.ts';
import { kernelTargets } from './kernel-targets.ts';
import { recordingTargets } from './recording-targets.ts';
import type { FuzzTarget } from './target.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    only: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 0x7fff_ffff) },
    path: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  process.stdout.write('npm run fuzz [-- --seconds 60] [--only NAME] [--seed N] [--path PATH] [--list]\n');
  process.exit(0);
}
const seconds = Number(values.seconds);
const seed = Number(values.seed);
if (!(seconds > 0) || !Number.isSafeInteger(seed)) throw new Error('--seconds and --seed are numbers');

/** Runs one target for its share of the time; whether nothing was found. */
async function fuzz({ name, property }: FuzzTarget, ms: number): Promise<boolean> {
  const result = await fc.check(property, {
    seed,
    ...(values.path === undefined ? { numRuns: Number.MAX_SAFE_INTEGER } : { path: values.path }),
    interruptAfterTimeLimit: ms,
    markInterruptAsFailure: false,
    maxSkipsPerRun: Number.MAX_SAFE_INTEGER,
  });
  process.stdout.write(`${result.failed ? 'FOUND' : 'ok   '} ${name}: ${result.numRuns} inputs\n`);
  if (!result.failed) return true;
  const error =
    result.errorInstance instanceof Error ? (result.errorInstance.stack ?? '') : String(result.errorInstance);
  const input = JSON.stringify(result.counterexample, (_, part) =>
    part instanceof Uint8Array ? Buffer.from(part).toString('hex') : part,
  );
  process.stdout.write(`  input: ${input.slice(0, 4000)}\n  ${error.replaceAll('\n', '\n  ')}\n`);
  process.stdout.write(
    `  again: npm run fuzz -- --only '${name}' --seed ${result.seed} --path ${result.counterexamplePath}\n`,
  );
  return false;
}

const contracted = await contractTargets();
try {
  const all = [...kernelTargets(), ...controllerTargets(), ...recordingTargets(), ...contracted.targets];
  const chosen = all.filter(({ name }) => values.only === undefined || name === values.only);
  if (chosen.length === 0 || values.list) {
    process.stdout.write(`targets: ${all.map(({ name }) => name).join(', ')}\n`);
    process.exitCode = values.list ? 0 : 2;
  } else {
    process.stdout.write(`${chosen.length} targets, ${seconds} s in all, seed ${seed}\n`);
    let found = 0;
    for (const target of chosen) if (!(await fuzz(target, (seconds * 1000) / chosen.length))) found += 1;
    process.stdout.write(found === 0 ? 'nothing found\n' : `${found} targets with findings\n`);
    process.exitCode = found === 0 ? 0 : 1;
  }
} finally {
  await contracted.stop();
}
