import type { Argv } from 'yargs';
import type { GlobalArgs } from '../context.ts';

/** The command line with the options every command takes. */
export type Cli = Argv<GlobalArgs>;
