import type { Reading } from '../shared/errors/wca-error.ts';
import { WcaError } from '../shared/errors/wca-error.ts';
import type { PageMover } from './apply/ports.ts';

/** Of a host on which no pages can be moved. */
export class AbsentPages implements PageMover {
  start(): Reading<never> {
    const message = 'this collector moves no pages';
    return { ok: false, error: new WcaError('FEATURE_ABSENT', { subject: 'migrate_pages', message }) };
  }

  progress(): undefined {
    return undefined;
  }

  cancel(): void {}

  close(): void {}
}
