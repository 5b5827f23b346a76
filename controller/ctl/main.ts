#!/usr/bin/env node
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { apiVersion } from '../../shared/rpc/version.ts';
import { addAllocate } from './commands/allocate.ts';
import { addAllocations } from './commands/allocations.ts';
import { addAudit } from './commands/audit.ts';
import type { Cli } from './commands/cli.ts';
import { addComponents } from './commands/components.ts';
import { addDoctor } from './commands/doctor.ts';
import { addHold } from './commands/hold.ts';
import { addMetrics } from './commands/metrics.ts';
import { addMigrate } from './commands/migrate.ts';
import { addPlatform } from './commands/platform.ts';
import { addRecord } from './commands/record.ts';
import { addReplayInfo } from './commands/replay-info.ts';
import { addRestore } from './commands/restore.ts';
import { addRun } from './commands/run.ts';
import { addStatus } from './commands/status.ts';
import { addTasks } from './commands/tasks.ts';
import { addTop } from './commands/top.ts';
import { addValidate } from './commands/validate.ts';
import { exitCodeHelp, exitCodes } from './exit-codes.ts';

/** The command line of wca-ctl; commands register themselves. */
function buildCli(env: NodeJS.ProcessEnv): Cli {
  return yargs()
    .scriptName('wca-ctl')
    .usage('$0 <command>\n\nWhat the Workload Collocation Agent measures and allocates, and how it is doing.')
    .option('collector', {
      type: 'string',
      requiresArg: true,
      default: env['WCA_COLLECTOR'] || 'unix:/run/wca/collector.sock',
      describe: 'unix:PATH of its socket, or tls:HOST:PORT of another host ($WCA_COLLECTOR)',
    })
    .option('tls-ca', tlsFile(env['WCA_TLS_CA'], 'authorities of collectors of other hosts, PEM ($WCA_TLS_CA)'))
    .option('tls-cert', tlsFile(env['WCA_TLS_CERT'], 'certificate to show them, PEM ($WCA_TLS_CERT)'))
    .option('tls-key', tlsFile(env['WCA_TLS_KEY'], 'its key ($WCA_TLS_KEY)'))
    .option('controller', {
      type: 'string',
      requiresArg: true,
      default: env['WCA_CONTROLLER'] || 'unix:/run/wca/controller.sock',
      describe: 'socket of the controller ($WCA_CONTROLLER)',
    })
    .option('output', {
      alias: 'o',
      choices: ['table', 'json'] as const,
      requiresArg: true,
      default: 'table' as const,
      describe: 'for people or for programs',
    })
    .option('timeout', {
      type: 'number',
      requiresArg: true,
      default: 5,
      coerce: parseTimeout,
      describe: 'seconds to wait for an answer',
    })
    .option('color', {
      type: 'boolean',
      default: true,
      describe: 'colours on a terminal; --no-color or $NO_COLOR: none',
    });
}

function tlsFile(fromEnvironment: string | undefined, describe: string) {
  const given = fromEnvironment ? { default: fromEnvironment } : {};
  return { type: 'string', requiresArg: true, describe, ...given } as const;
}

/** Seconds, 0 < s ≤ 3600; anything else is a usage error. */
function parseTimeout(value: number): number {
  if (Number.isFinite(value) && value > 0 && value <= 3600) return value;
  throw new Error('--timeout must be a number of seconds above 0 and not above 3600');
}

async function main(): Promise<void> {
  const cli = buildCli(process.env);
  for (const add of [
    addStatus,
    addTop,
    addTasks,
    addMetrics,
    addPlatform,
    addAllocations,
    addAllocate,
    addHold,
    addRestore,
    addAudit,
    addDoctor,
    addValidate,
    addMigrate,
    addComponents,
    addRun,
    addRecord,
    addReplayInfo,
  ])
    add(cli);
  await cli
    .completion('completion', 'Script for completion in bash or zsh: source <(wca-ctl completion)')
    .demandCommand(1, 1, 'Which command? See wca-ctl --help.', 'One command only. See wca-ctl --help.')
    .strict()
    .recommendCommands()
    .wrap(Math.min(100, process.stdout.columns ?? 80))
    .help()
    .alias('help', 'h')
    .version(apiVersion.software)
    .alias('version', 'v')
    .epilogue(exitCodeHelp)
    .fail((message, error) => {
      process.stderr.write(`wca-ctl: ${message ?? error?.message ?? String(error)}\n`);
      process.exit(exitCodes.usage);
    })
    .parseAsync(hideBin(process.argv));
}

await main();
