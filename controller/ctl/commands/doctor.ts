import type { Cli } from './cli.ts';
export function addDoctor(_cli: Cli): void {}
