import type { Cli } from './cli.ts';
export function addComponents(_cli: Cli): void {}
