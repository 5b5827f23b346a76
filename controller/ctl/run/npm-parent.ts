/**
 * Under `npm start` our parent is the shell npm runs. npm passes SIGTERM on to that shell only, which dies of it and
 * leaves us behind: so its end is ours. Started in another way we may outlive our parent (`nohup`, `setsid`).
 * Returns the function that ends the watch.
 */
export function onNpmGone(env: NodeJS.ProcessEnv, gone: () => void): () => void {
  if (env['npm_lifecycle_event'] === undefined) return () => undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) gone();
  }, 250);
  timer.unref();
  return () => clearInterval(timer);
}
