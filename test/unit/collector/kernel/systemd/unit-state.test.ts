import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  parseSystemdVersion,
  parseTimeSpanUs,
  parseUnitState,
} from '../../../../../collector/kernel/systemd/unit-state.ts';

test('parseUnitState reads a running service', () => {
  const text = 'ActiveState=active\nCPUQuotaPeriodUSec=50ms\nControlGroup=/system.slice/x.service\n';
  assert.deepEqual(parseUnitState(text), { ok: true, value: { isActive: true, periodUs: 50_000 } });
});

const idle = [
  'CPUQuotaPeriodUSec=infinity\nControlGroup=\nActiveState=inactive\n',
  'CPUQuotaPeriodUSec=infinity\nActiveState=active\n',
  'ActiveState=failed\nControlGroup=/x.service',
];
for (const text of idle) {
  test(`parseUnitState: not in use: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseUnitState(text), { ok: true, value: { isActive: false, periodUs: 100_000 } });
  });
}

for (const text of ['', 'ActiveState', 'ControlGroup=/x', 'ActiveState=active\nCPUQuotaPeriodUSec=later']) {
  test(`parseUnitState refuses ${JSON.stringify(text)}`, () => {
    const state = parseUnitState(text);
    assert.ok(!state.ok);
    assert.equal(state.error.code, 'KERNEL_FORMAT');
  });
}

const spans: readonly (readonly [text: string, us: number | undefined])[] = [
  ['100ms', 100_000],
  ['123.456ms', 123_456],
  ['100.001ms', 100_001],
  ['1s', 1_000_000],
  ['1s 500ms', 1_500_000],
  ['1ms 1us', 1001],
  ['1min', 60_000_000],
  ['', undefined],
  ['100', undefined],
  ['1h', undefined],
  ['-1ms', undefined],
  ['1 ms', undefined],
  ['1ms '.repeat(100), undefined],
];
for (const [text, us] of spans) {
  test(`parseTimeSpanUs: ${JSON.stringify(text.slice(0, 20))}`, () => assert.equal(parseTimeSpanUs(text), us));
}

test('parseSystemdVersion reads the first line', () => {
  assert.equal(parseSystemdVersion('systemd 252 (252.39-1~deb12u2)\n+PAM +AUDIT'), 252);
  assert.equal(parseSystemdVersion('systemd 257.1'), 257);
  for (const text of ['', 'system', 'systemd x', 'systemd 123456789'])
    assert.equal(parseSystemdVersion(text), undefined);
});

test('parseUnitState never throws', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseUnitState(text)));
});
