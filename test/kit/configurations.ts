import assert from 'node:assert/strict';
import { pino } from 'pino';
import { type Configuration, loadConfiguration } from '../../controller/config/build.ts';
import { Checker } from '../../controller/config/checker.ts';
import type { AnyDefinition } from '../../controller/config/component.ts';
import type { ComponentContext } from '../../controller/config/context.ts';
import { Registry } from '../../controller/config/registry.ts';
import type { Type } from '../../controller/config/site.ts';
import { parseYaml } from '../../controller/config/yaml-document.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import { FakeClock } from './fake-clock.ts';

/** What components get where none of it matters. */
export function idleContext(): ComponentContext {
  return {
    host: { listCgroups: () => Promise.resolve([]) },
    clock: new FakeClock(),
    logger: () => pino({ level: 'silent' }),
  };
}

export function registryOf(definitions: readonly AnyDefinition[]): Registry {
  const registry = new Registry();
  for (const definition of definitions) registry.add(definition, 'built in');
  return registry;
}

export interface LoadOptions {
  readonly definitions: readonly AnyDefinition[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Loads a text as the file `/etc/wca.yaml`. */
export function load(text: string, { definitions, env = {} }: LoadOptions): Configuration {
  const registry = registryOf(definitions);
  return loadConfiguration({ file: '/etc/wca.yaml', text, registry, context: idleContext(), env });
}

/** The message of the configuration error that loading the text ends with. */
export function problemsOf(text: string, options: LoadOptions): string {
  try {
    load(text, options);
  } catch (thrown) {
    assert.ok(thrown instanceof WcaError, String(thrown));
    assert.equal(thrown.code, 'INVALID_CONFIG');
    return thrown.message;
  }
  return assert.fail('the configuration was accepted');
}

export type CheckedValue<T> = { readonly value: T } | { readonly problems: readonly string[] };

/** What a type makes of one YAML value: the value, or `field: reason (allowed)` for each problem. */
export function checkValue<T>(
  type: Type<T>,
  yaml: string,
  canRead: (path: string) => boolean = () => true,
): CheckedValue<T> {
  const { root, problems } = parseYaml(yaml, {});
  assert.deepEqual(problems, []);
  assert.ok(root !== undefined);
  const site = new Checker(new Registry(), canRead).site('f');
  const checked = type.check(root, site);
  if (checked !== undefined) {
    assert.deepEqual(site.problems, []);
    return { value: checked(idleContext()) };
  }
  assert.ok(site.problems.length > 0, 'a refused value without a problem');
  return { problems: site.problems.map(({ field, reason, allowed }) => `${field}: ${reason} (${allowed})`) };
}
