import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSkipped } from '../../vm/requirements.ts';

test('guests that cannot run are named in one message, each package once', () => {
  const common = { reason: 'needs mmdebstrap', packages: ['mmdebstrap'] };
  const skipped = new Map([
    ['v2', common],
    ['v1', common],
    ['arm64', { reason: 'needs mmdebstrap, qemu-system-aarch64', packages: ['mmdebstrap', 'qemu-system-arm'] }],
  ]);
  assert.equal(
    formatSkipped(skipped),
    'skipped: v2, v1, arm64: needs mmdebstrap; needs mmdebstrap, qemu-system-aarch64\n' +
      '  remedy: apt-get install mmdebstrap qemu-system-arm',
  );
});

test('where no package would help none is named', () => {
  const skipped = new Map([['v2', { reason: 'needs root', packages: [] }]]);
  assert.equal(formatSkipped(skipped), 'skipped: v2: needs root');
});
