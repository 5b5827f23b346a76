import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import { load } from '../../../kit/configurations.ts';
import { packageRoot } from '../../../kit/package-root.ts';

const folder = join(packageRoot(), 'examples');

for (const name of readdirSync(folder).filter((file) => file.endsWith('.yaml'))) {
  test(`examples/${name} loads`, () => {
    load(readFileSync(join(folder, name), 'utf8'), { definitions: builtinComponents(), env: { HOSTNAME: 'node1' } });
  });
}
