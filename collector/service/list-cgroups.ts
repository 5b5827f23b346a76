import { WcaError } from '../../shared/errors/wca-error.ts';
import type { ListCgroupsRequest__Output } from '../../shared/rpc/gen/wca/v1/ListCgroupsRequest.ts';
import type { ListCgroupsResponse } from '../../shared/rpc/gen/wca/v1/ListCgroupsResponse.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { CgroupListing, ListCgroupsOptions } from '../kernel/cgroup/walk.ts';
import type { UnaryHandler } from './calls.ts';

/** Lists the cgroups of the host; throws INVALID_ARGUMENT for a path that is none. */
export type CgroupLister = (options: ListCgroupsOptions) => CgroupListing;

export function listCgroups(list: CgroupLister): UnaryHandler<ListCgroupsRequest__Output, ListCgroupsResponse> {
  return async ({ paths, includeEmpty }) => {
    if (paths.length > limits.maxCgroups) {
      throw new WcaError('LIMIT_REACHED', {
        subject: 'ListCgroupsRequest.paths',
        message: `${paths.length} paths, at most ${limits.maxCgroups}`,
      });
    }
    const { cgroups, truncated } = list({ paths, includeEmpty, max: limits.maxCgroupsListed });
    return { cgroups: cgroups.map((cgroup) => ({ ...cgroup, controllers: [...cgroup.controllers] })), truncated };
  };
}
