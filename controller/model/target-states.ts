import { targetState } from '../../shared/rpc/watch-messages.ts';

/** A TargetState for people. */
export function nameOfState(state: number): string {
  switch (state) {
    case targetState.measured:
      return 'measured';
    case targetState.ended:
      return 'ended';
    case targetState.notFound:
      return 'not found';
    case targetState.refused:
      return 'refused';
    default:
      return 'pending';
  }
}
