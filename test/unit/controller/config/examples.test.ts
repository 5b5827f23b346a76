import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import { load } from '../../../kit/configurations.ts';
import { packageRoot } from '../../../kit/package-root.ts';

const folder = join(packageRoot(), 'examples');

const hasAllocation = builtinComponents().some(({ tag }) => tag === 'AllocationRunner');

for (const name of readdirSync(folder).filter((file) => file.endsWith('.yaml'))) {
  const text = readFileSync(join(folder, name), 'utf8');
  const skip = !hasAllocation && text.includes('!AllocationRunner') && '!AllocationRunner is not registered yet';
  test(`examples/${name} loads`, { skip }, () => {
    load(text, { definitions: builtinComponents(), env: { HOSTNAME: 'node1' } });
  });
}
