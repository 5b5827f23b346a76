import { WcaError } from '../../shared/errors/wca-error.ts';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { Allocations, Roster, Schema, Snapshot, WatchResponse } from '../../shared/rpc/watch-messages.ts';
import type { Task } from '../model/task.ts';
import type { RecordedItem } from './recording.ts';
import type { Take } from './take.ts';

/** A snapshot with all that belongs to it. What did not change since the frame before is the same object. */
export interface Frame {
  readonly take: Take;
  readonly platform: Platform;
  readonly schema: Schema;
  readonly roster: Roster;
  readonly allocations: Allocations | undefined;
  readonly snapshot: Snapshot;
  /** Those known when the snapshot came. */
  readonly tasks: readonly Task[];
  /** Those known when the next one came: of which a discovery after this snapshot has to know. */
  readonly nextTasks: readonly Task[];
}

/** Frame by frame; reads one snapshot ahead. Throws what reading the items throws. */
export function* framesOf(items: Iterable<RecordedItem>): Generator<Frame> {
  const state = new TakeState();
  let waiting: Frame | undefined;
  for (const item of items) {
    const frame = state.add(item);
    if (frame === undefined) continue;
    if (waiting !== undefined) yield { ...waiting, nextTasks: state.tasks };
    waiting = frame;
  }
  if (waiting !== undefined) yield { ...waiting, nextTasks: state.tasks };
}

/** What was said last. */
class TakeState {
  tasks: readonly Task[] = [];
  #take: Take | undefined;
  #platform: Platform | undefined;
  #schema: Schema | undefined;
  #roster: Roster | undefined;
  #allocations: Allocations | undefined;

  /** The frame that is complete with this item. */
  add(item: RecordedItem): Frame | undefined {
    if (item.kind === 'take') {
      this.#take = item.take;
      this.#schema = this.#roster = this.#allocations = this.#platform = undefined;
    } else if (item.kind === 'platform') this.#platform = item.platform;
    else if (item.kind === 'tasks') this.tasks = item.tasks;
    else if (item.kind === 'response') return this.#respond(item.response);
    return undefined;
  }

  #respond(response: WatchResponse): Frame | undefined {
    if (response.kind === 'schema') this.#schema = response.schema;
    else if (response.kind === 'roster') this.#roster = response.roster;
    else if (response.kind === 'allocations') this.#allocations = response.allocations;
    else return this.#frame(response.snapshot);
    return undefined;
  }

  #frame(snapshot: Snapshot): Frame {
    const [take, platform, schema, roster] = [this.#take, this.#platform, this.#schema, this.#roster];
    if (take === undefined || platform === undefined || schema === undefined || roster === undefined) {
      // Recording.items lets no such snapshot pass.
      throw new WcaError('INTERNAL', { subject: 'recording', message: 'a snapshot without its take' });
    }
    const { tasks } = this;
    const allocations = this.#allocations?.id === snapshot.allocationsId ? this.#allocations : undefined;
    return { take, platform, schema, roster, allocations, snapshot, tasks, nextTasks: tasks };
  }
}
