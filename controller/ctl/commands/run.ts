import type { Cli } from './cli.ts';
export function addRun(_cli: Cli): void {}
