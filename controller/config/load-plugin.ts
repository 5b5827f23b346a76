import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import { pluginApiVersion } from '../plugin.ts';
import type { AnyDefinition } from './component.ts';
import { checkSafeFile, type Identity, readIdentity } from './file-safety.ts';
import { kindNames } from './kinds.ts';
import type { Registry } from './registry.ts';

/** What `--register` says. */
export interface PluginSpec {
  /** A package's name, or a path. */
  readonly module: string;
  readonly exportName: string;
}

const maxDefinitions = 100;

/** `@acme/wca-plugin`, `/opt/plugin.js:allocators`, `./plugin.js`. Throws INVALID_CONFIG. */
export function parsePluginSpec(spec: string): PluginSpec {
  const [, module, exportName = 'plugin'] = /^(.+?)(?::([A-Za-z_$][A-Za-z0-9_$.]*))?$/.exec(spec) ?? [];
  if (module === undefined || /[\0\n]/.test(spec) || /^(?:https?|data|node):/.test(spec)) {
    throw refusal(spec, 'is no plugin', undefined);
  }
  return { module, exportName };
}

/**
 * Loads the module and adds its components to the registry, `source` being the spec. Paths are taken from the working
 * folder, packages from where WCA is installed; the file must be as safe as a configuration file. Throws INVALID_CONFIG
 * that names the spec.
 */
export async function loadPlugin(spec: string, registry: Registry, identity: Identity = readIdentity()): Promise<void> {
  const { module, exportName } = parsePluginSpec(spec);
  const url = locate(spec, module, identity);
  let exported: unknown;
  try {
    const loaded: unknown = await import(url);
    exported = propertyOf(loaded, exportName);
  } catch (thrown) {
    const message = `cannot be loaded: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    const remedy = message.includes("Cannot find package 'wca'")
      ? "npm install FOLDER_OF_WCA in the plugin's folder, so that it finds wca/plugin"
      : undefined;
    throw refusal(spec, message, thrown, remedy);
  }
  if (exported === undefined) throw refusal(spec, `exports no ${exportName}`, undefined);
  const definitions: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  if (definitions.length === 0 || definitions.length > maxDefinitions) {
    throw refusal(spec, `exports ${definitions.length} components, from 1 to ${maxDefinitions} are allowed`, undefined);
  }
  for (const definition of definitions) {
    if (!isDefinition(definition)) throw refusal(spec, `${exportName} is not made by definePlugin`, undefined);
    checkApiVersion(spec, definition);
    registry.add(definition, spec);
  }
}

function locate(spec: string, module: string, identity: Identity): string {
  const isPath = isAbsolute(module) || /^\.{1,2}\//.test(module);
  try {
    const url = isPath ? pathToFileURL(resolve(module)).href : import.meta.resolve(module);
    if (!url.startsWith('file:')) throw new Error(`${module} is no file`);
    checkSafeFile(fileURLToPath(url), identity);
    return url;
  } catch (thrown) {
    if (thrown instanceof WcaError) throw refusal(spec, `${thrown.subject} ${thrown.message}`, thrown);
    // package.module:Class, the form of the original.
    const python = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/.test(module)
      ? '; Python modules of the original cannot be loaded'
      : '';
    throw refusal(spec, `is not found${python}`, thrown);
  }
}

function propertyOf(module: unknown, name: string): unknown {
  if (typeof module !== 'object' || module === null) return undefined;
  return Object.getOwnPropertyDescriptor(module, name)?.value;
}

/** Whether a value has the shape of a definition: the plugin may have its own copy of WCA. */
function isDefinition(value: unknown): value is AnyDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { tag, kind, doc, check, parameters, aliases }: Readonly<Record<string, unknown>> = { ...value };
  return (
    typeof tag === 'string' &&
    /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(tag) &&
    tag !== 'Env' &&
    typeof kind === 'string' &&
    Object.hasOwn(kindNames, kind) &&
    typeof doc === 'string' &&
    typeof check === 'function' &&
    parameters instanceof Map &&
    aliases instanceof Map
  );
}

/** What defineComponent makes has none: it was made by this very version. */
function checkApiVersion(spec: string, definition: AnyDefinition): void {
  if (!('apiVersion' in definition) || definition.apiVersion === pluginApiVersion) return;
  const message = `is written for version ${String(definition.apiVersion)} of the plugin interface, this is ${pluginApiVersion}`;
  throw refusal(spec, message, undefined);
}

function refusal(spec: string, message: string, cause: unknown, remedy?: string): WcaError {
  const inner = remedy ?? (cause instanceof WcaError ? cause.remedy : undefined);
  return new WcaError('INVALID_CONFIG', {
    subject: `--register ${spec}`,
    message,
    remedy: inner ?? 'name a JavaScript module as package, /path/file.js or /path/file.js:exportName',
    ...(cause === undefined ? {} : { cause: toWcaError(cause, spec) }),
  });
}
