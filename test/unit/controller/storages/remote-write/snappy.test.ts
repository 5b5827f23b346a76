import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uncompress } from 'snappyjs';
import { compressSnappy } from '../../../../../controller/storages/remote-write/snappy.ts';

test('what waits to be sent holds no more memory than it counts', () => {
  const request = Buffer.from('task_cpu_usage_seconds{host="n1"} 1\n'.repeat(5000));
  const compressed = compressSnappy(request);
  assert.ok(compressed.length < request.length / 5);
  assert.equal(compressed.buffer.byteLength, compressed.length);
  assert.deepEqual(Buffer.from(uncompress(compressed)), request);
});
