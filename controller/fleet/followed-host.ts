import type { Episodes } from '../../shared/log/episodes.ts';
import type { Board } from '../runners/board.ts';

/** A host that the controller follows, as wca-ctl sees it. */
export interface FollowedHost {
  /** Of its collector in the configuration; empty for the one of the command line. */
  readonly name: string;
  readonly board: Board;
  readonly episodes: Episodes;
}
