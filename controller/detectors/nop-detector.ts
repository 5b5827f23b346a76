import { defineComponent } from '../config/component.ts';
import type { AnomalyDetector, DetectionResult } from './detector.ts';

/** Finds nothing (spec allocation §1.1). */
export class NOPAnomalyDetector implements AnomalyDetector {
  detect(): DetectionResult {
    return { anomalies: [] };
  }
}

/** `!NOPAnomalyDetector`. */
export const nopAnomalyDetector = defineComponent({
  tag: 'NOPAnomalyDetector',
  kind: 'detector',
  since: 'seed',
  doc: 'Finds nothing: for trying a configuration.',
  parameters: {},
  example: '!NOPAnomalyDetector',
  create: () => new NOPAnomalyDetector(),
});
