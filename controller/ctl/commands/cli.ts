import type { Argv } from 'yargs';
import type { GlobalArgs } from '../context.ts';

/** The command line with the options every command takes. */
export type Cli = Argv<GlobalArgs>;

/** Which of the hosts a controller follows. */
export const nodeOption = {
  type: 'string',
  default: '',
  defaultDescription: 'the only one',
  requiresArg: true,
  describe: 'of a controller with several collectors: which one',
} as const;
