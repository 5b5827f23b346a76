import assert from 'node:assert/strict';
import { parseLedger } from '../../collector/apply/ledger-format.ts';
import { parseConfig } from '../../collector/config-file.ts';
import { canonicalControlText, parseCpuMax } from '../../collector/kernel/cgroup/control-text.ts';
import {
  type FileDecoder,
  KeyedDecoder,
  limitDecoder,
  numberDecoder,
} from '../../collector/kernel/cgroup/file-decoder.ts';
import { IoBytesDecoder } from '../../collector/kernel/cgroup/io-bytes.ts';
import { NumaStatV1Decoder, NumaStatV2Decoder } from '../../collector/kernel/cgroup/numa-stat.ts';
import { checkCgroupPath } from '../../collector/kernel/cgroup/path.ts';
import { PsiDecoder } from '../../collector/kernel/cgroup/psi.ts';
import { parseDmidecode } from '../../collector/kernel/memory-modules/dmidecode.ts';
import {
  parseMemoryModeBytes,
  parseNvdimms,
  parseRegionModules,
} from '../../collector/kernel/memory-modules/ipmctl.ts';
import { parseLshw } from '../../collector/kernel/memory-modules/lshw.ts';
import { parseSmbiosModules } from '../../collector/kernel/memory-modules/smbios.ts';
import { parseMountinfo } from '../../collector/kernel/mountinfo.ts';
import { parseDistances, parseNodeMemoryBytes } from '../../collector/kernel/numa/nodes.ts';
import { parseMovableRanges } from '../../collector/kernel/numa/page-ranges.ts';
import { parseFormat } from '../../collector/kernel/perf/uncore/format.ts';
import { parseUserEvent } from '../../collector/kernel/perf/user-event.ts';
import { parseAuxv } from '../../collector/kernel/proc/auxv.ts';
import { parseCpuinfo } from '../../collector/kernel/proc/cpuinfo.ts';
import { parseMemoryFacts } from '../../collector/kernel/proc/meminfo.ts';
import { parseSchedShape } from '../../collector/kernel/proc/sched.ts';
import { Row } from '../../collector/kernel/row.ts';
import { Scratch } from '../../collector/kernel/scratch.ts';
import { parseTimeSpanUs, parseUnitState } from '../../collector/kernel/systemd/unit-state.ts';
import { namesInCertificate } from '../../collector/service/subject-names.ts';
import { parseMask } from '../../shared/kernel-text/cbm.ts';
import { formatIdList, tryParseIdList } from '../../shared/kernel-text/list-format.ts';
import { formatSchemataLine, parseSchemata } from '../../shared/kernel-text/schemata.ts';
import { mutated, mutatedBytes } from './mutations.ts';
import { seedsIn, seedsOf } from './seeds.ts';
import { type FuzzTarget, parserTarget } from './target.ts';

/** Everything the privileged process reads: texts of the kernel and of programs it runs, its own files. */

const schemata = [
  'L3:0=7ff;1=7ff\nMB:0=100;1=100\n',
  '    L3CODE:0=ff;2=f\n    L3DATA:0=ff;2=f\n    MB:0=  10;2= 100\n',
];
const bytes = [Uint8Array.from([6, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 100])];

/** Decodes into a row whose neighbours must not change. */
function decoderTarget(name: string, seeds: readonly string[], width: number, make: () => FileDecoder): FuzzTarget {
  return parserTarget(name, mutated(seeds), (text) => {
    const decoder = make();
    const row = new Row(width + 2);
    row.setInteger(0, 77);
    row.setInteger(width + 1, 77);
    // Twice: a decoder remembers places.
    for (const given of [text, text.slice(0, Math.floor(text.length / 2)), text]) {
      const scratch = new Scratch();
      while (scratch.bytes.length < Buffer.byteLength(given) && scratch.grow());
      scratch.bytes.fill(0x39);
      scratch.length = Buffer.from(given).copy(scratch.bytes);
      decoder.decode(scratch, row, 1);
    }
    assert.deepEqual([row.words[0], row.words[2 * (width + 1)]], [77, 77], 'slots of others are untouched');
  });
}

/** For the few that say that they throw a SyntaxError, which their callers catch. */
function documented<O>(parse: (text: string) => O): (text: string) => O | undefined {
  return (text) => {
    try {
      return parse(text);
    } catch (thrown) {
      if (thrown instanceof SyntaxError) return undefined;
      throw thrown;
    }
  };
}

const isNatural = (value: number | undefined): boolean => value === undefined || (Number.isFinite(value) && value >= 0);

export function kernelTargets(): readonly FuzzTarget[] {
  const keys = ['pgfault', 'pgmajfault'];
  return [
    decoderTarget('memory.stat', seedsOf('memory.stat'), keys.length, () => new KeyedDecoder(keys)),
    decoderTarget('number', ['402653184\n', 'max\n'], 1, () => numberDecoder),
    decoderTarget('limit', ['9223372036854771712\n', 'max\n', '1\n'], 1, () => limitDecoder),
    decoderTarget('pressure', seedsOf('cpu.pressure'), 4, () => new PsiDecoder()),
    decoderTarget('numa_stat v2', seedsOf('memory.numa_stat'), 2, () => new NumaStatV2Decoder([0, 1], 4096)),
    decoderTarget('numa_stat v1', seedsOf('memory.numa_stat'), 2, () => new NumaStatV1Decoder([0, 2])),
    decoderTarget('io.stat', seedsOf('io.stat'), 2, () => new IoBytesDecoder(2)),
    decoderTarget('blkio', ['8:0 Read 4096\n8:0 Write 8192\nTotal 12288\n'], 2, () => new IoBytesDecoder(1)),
    parserTarget('mountinfo', mutated(seedsOf('mountinfo')), parseMountinfo),
    parserTarget('cpuinfo', mutated(seedsOf('cpuinfo')), parseCpuinfo),
    parserTarget('auxv', mutatedBytes(bytes), parseAuxv),
    parserTarget('meminfo', mutated(seedsOf('meminfo')), parseMemoryFacts),
    parserTarget('sched', mutated(seedsOf('sched', 'processes')), parseSchedShape),
    parserTarget('node meminfo', mutated(seedsOf('meminfo')), parseNodeMemoryBytes, (value) =>
      assert.ok(isNatural(value)),
    ),
    parserTarget('distances', mutated(seedsOf('distance')), (text) => parseDistances(text, [0, 1, 3])),
    parserTarget('maps', mutated(seedsOf('smaps', 'processes')), (text) => parseMovableRanges(text, 4096)),
    parserTarget('schemata', mutated(schemata), parseSchemata, (lines) => {
      for (const line of lines) assert.ok(formatSchemataLine(line).length > 0);
    }),
    parserTarget('mask', mutated(['7ff', 'fffff', '0']), documented(parseMask), (mask) =>
      assert.ok((mask ?? 0n) >= 0n),
    ),
    parserTarget('id list', mutated(['0-3,6', '0', '1-2\n', '']), tryParseIdList, (ids) => {
      if (ids !== undefined)
        assert.deepEqual(
          tryParseIdList(formatIdList(ids)),
          [...new Set(ids)].sort((a, b) => a - b),
        );
    }),
    parserTarget('cpu.max', mutated(['max 100000', '50000 100000']), parseCpuMax),
    parserTarget('control text', mutated(['default 100\n8:16 200\n', '0-2,4\n']), (text) => [
      canonicalControlText('io.weight', text),
      canonicalControlText('cpuset.cpus', text),
    ]),
    parserTarget('cgroup path', mutated(['/kubepods.slice/pod1', '/a', '/']), checkCgroupPath, (checked, path) => {
      if (checked.ok) assert.ok(path.startsWith('/') && !path.split('/').includes('..') && !path.includes('\0'));
    }),
    parserTarget('raw event', mutated(['x__r01c2', 'x__raw/config=0x1,config1=0x2/']), parseUserEvent),
    parserTarget('event format', mutated(['config:0-7', 'config1:0-63', 'config:0-7,32-35']), parseFormat),
    parserTarget(
      'unit state',
      mutated(['LoadState=loaded\nActiveState=active\nCPUQuotaPerSecUSec=infinity\n']),
      parseUnitState,
    ),
    parserTarget('time span', mutated(['1min 30s', 'infinity', '100ms']), parseTimeSpanUs, (us) =>
      assert.ok(isNatural(us)),
    ),
    parserTarget('dmidecode', mutated(seedsIn('memory-modules', '.txt')), parseDmidecode),
    parserTarget('ipmctl', mutated(seedsIn('memory-modules', '.txt')), (text) => [
      parseMemoryModeBytes(text),
      parseNvdimms(text),
      parseRegionModules(text),
    ]),
    parserTarget('lshw', mutated(seedsIn('memory-modules', '.json')), parseLshw),
    parserTarget('smbios', mutatedBytes(bytes), parseSmbiosModules),
    parserTarget(
      'collector.json',
      mutated(['{"listen":"unix:/a","allocate":{"below":["/b"]},"operators":["x"]}']),
      (text) => parseConfig(text, 'collector.json'),
    ),
    parserTarget(
      'ledger',
      mutated([
        '{"kind":"head","version":1,"boot":"b"}\n{"kind":"held","paths":["/a"]}\n{"kind":"end-lease","id":"x"}\n',
      ]),
      (text) => parseLedger(text, 'b'),
    ),
    parserTarget(
      'certificate names',
      mutated(['DNS:a.example, URI:spiffe://x, IP Address:10.0.0.1']),
      namesInCertificate,
    ),
  ];
}
