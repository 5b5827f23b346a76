import type { Cli } from './cli.ts';
export function addValidate(_cli: Cli): void {}
