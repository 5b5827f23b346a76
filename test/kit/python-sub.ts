import { spawnSync } from 'node:child_process';

/** Pattern, replacement, text. */
export type SubstitutionCase = readonly [pattern: string, replacement: string, text: string];

/** What Python says: the result, or that it refuses, or that it took too long. */
export type PythonAnswer = { readonly result: string } | { readonly refused: string } | { readonly late: true };

/** re.sub as Python 3.6 has it, of the `search` of any Python 3: an empty match after a match is not replaced. */
const program = `
import json, re, signal, sys, warnings
warnings.simplefilter('error')
warnings.simplefilter('ignore', FutureWarning)
class Late(Exception): pass
def late(*_): raise Late()
signal.signal(signal.SIGALRM, late)
def sub(pattern, replacement, text):
    compiled = re.compile(pattern)
    result, copied, replaced, start = '', 0, False, 0
    while start <= len(text):
        match = compiled.search(text, start)
        if not match: break
        begin, end = match.span()
        if not (replaced and begin == end == copied):
            result += text[copied:begin] + match.expand(replacement)
            copied, replaced = end, True
        start = end + 1 if begin == end else end
    compiled.sub(replacement, '')
    return result + text[copied:]
answers = []
for case in json.load(sys.stdin):
    try:
        signal.setitimer(signal.ITIMER_REAL, 1)
        answers.append({'result': sub(*case)})
    except Late: answers.append({'late': True})
    except (re.error, IndexError, Warning) as error: answers.append({'refused': str(error)})
    finally: signal.setitimer(signal.ITIMER_REAL, 0)
json.dump(answers, sys.stdout)
`;

/** undefined: there is no python3 here. */
export function askPython(cases: readonly SubstitutionCase[]): readonly PythonAnswer[] | undefined {
  const { status, stdout, error } = spawnSync('python3', ['-c', program], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error !== undefined || status !== 0) return undefined;
  return JSON.parse(stdout);
}
