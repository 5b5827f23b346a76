import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DescriptorNeed } from '../../../../collector/service/descriptor-need.ts';
import { LogFactory } from '../../../../shared/log/logger.ts';

/** What is logged for a sequence of needs against a limit of 1000: level and need. */
function toldOf(needs: readonly number[]): string[] {
  const told: string[] = [];
  const logs = new LogFactory(
    { levels: new Map([['', 'info']]), fd: 2, pretty: false },
    {
      write: (text: string) => {
        const line: { level: string; needed: number } = JSON.parse(text);
        told.push(`${line.level} ${line.needed}`);
      },
    },
  );
  const need = new DescriptorNeed(1_000, logs.logger('test'));
  for (const needed of needs) need.tell({ peer: 'uid 0', targets: 1, needed });
  return told;
}

test('the need is told at first and whenever it doubled', () => {
  assert.deepEqual(toldOf([100, 101, 150, 200, 199, 400]), ['info 100', 'info 200', 'info 400']);
});

test('a need above the limit is a warning, once as long as it lasts', () => {
  assert.deepEqual(toldOf([100, 2_000, 3_000, 150, 2_000]), ['info 100', 'warn 2000', 'warn 2000']);
});
