/** The main loop: the object under the root key `runner`. */
export interface Runner {
  /** Runs until `signal` aborts or its work is done. Resolves with the exit status of the controller. */
  run(signal: AbortSignal): Promise<number>;
}
