import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Configuration } from '../config/build.ts';
import type { CollectorEntry, CollectorsKey } from '../config/collectors-key.ts';
import type { Registry } from '../config/registry.ts';

/** A registry of what is built in. Loaded when it is asked for: nothing else of wca-ctl needs the components. */
export async function builtinRegistry(): Promise<Registry> {
  const [{ Registry: RegistryClass }, { builtinComponents }] = await Promise.all([
    import('../config/registry.ts'),
    import('../config/builtin.ts'),
  ]);
  const registry = new RegistryClass();
  for (const definition of builtinComponents()) registry.add(definition, 'built in');
  return registry;
}

/**
 * Checks a configuration as the controller does when it starts: the file's own safety, every value, every component
 * made. Nothing is started. Throws INVALID_CONFIG that names everything that is wrong.
 */
export async function checkConfiguration(file: string, plugins: readonly string[]): Promise<Configuration> {
  const { readSafeFile } = await import('../config/file-safety.ts');
  return checkText(file, readSafeFile(file), plugins);
}

/** The same of a text that is, or could be, the file's. */
export async function checkText(file: string, text: string, plugins: readonly string[] = []): Promise<Configuration> {
  const [{ loadConfiguration }, { loadPlugin }, { LogFactory }, { systemClock }] = await Promise.all([
    import('../config/build.ts'),
    import('../config/load-plugin.ts'),
    import('../../shared/log/logger.ts'),
    import('../../shared/lifecycle/clock.ts'),
  ]);
  const registry = await builtinRegistry();
  for (const plugin of plugins) await loadPlugin(plugin, registry);
  const logs = new LogFactory({ levels: new Map([['', 'silent']]), fd: 2, pretty: false });
  const context = { host: nobody, clock: systemClock, logger: (module: string) => logs.logger(module) };
  return loadConfiguration({ file, text, registry, context, env: process.env });
}

/** The collectors of a configuration, read where they are in a file. Throws INVALID_CONFIG. */
export async function listCollectors(key: CollectorsKey): Promise<readonly CollectorEntry[]> {
  if (key.kind === 'list') return key.entries;
  const [{ parseCollectorsFile }, { readSafeFile }] = await Promise.all([
    import('../config/collectors-key.ts'),
    import('../config/file-safety.ts'),
  ]);
  return parseCollectorsFile(readSafeFile(key.path), key.path);
}

/** Components ask the host when they run; here none does. */
const nobody = {
  listCgroups: () => Promise.reject(new WcaError('UNAVAILABLE', { subject: 'host', message: 'not asked' })),
};
