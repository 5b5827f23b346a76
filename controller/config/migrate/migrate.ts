import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Position } from '../config-node.ts';
import type { Registry } from '../registry.ts';
import { parseText, positionOf } from '../yaml-text.ts';
import { Migrator } from './migrator.ts';
import { applyEdits } from './text-edits.ts';

/** One thing that was rewritten, or must be by hand. */
export interface Change {
  readonly at: Position;
  /** `!MeasurementRunner action_delay is now interval: an old name`. */
  readonly text: string;
  /** Could not be done here. */
  readonly byHand: boolean;
}

export interface MigrateOptions {
  readonly text: string;
  readonly registry: Registry;
  /** The file was written for the latest original: what that had as defaults is written out. */
  readonly fromHead: boolean;
}

export interface Migrated {
  readonly text: string;
  readonly changes: readonly Change[];
}

/**
 * A configuration of the original in today's spelling. Only the words that change are touched: comments, order, anchors
 * and indentation stay. Pure. Throws INVALID_CONFIG for a text that is no YAML.
 */
export function migrateConfiguration({ text, registry, fromHead }: MigrateOptions): Migrated {
  const parsed = parseText(text);
  if (!parsed.ok) {
    const problems = parsed.problems.map(({ at, reason }) => `${at.line}:${at.column} ${reason}`);
    throw new WcaError('INVALID_CONFIG', { subject: 'configuration', message: problems.join('\n') });
  }
  const migrator = new Migrator({ text, registry, fromHead, document: parsed.document });
  migrator.walk(parsed.document.contents);
  const changes = [...migrator.changes]
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, text: told, byHand }) => ({ at: positionOf(parsed.lines, offset), text: told, byHand }));
  return { text: applyEdits(text, migrator.edits), changes };
}
