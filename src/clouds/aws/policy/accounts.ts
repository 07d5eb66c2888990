import type { CloudFinding } from '../../../core/policy/cloud.ts';
import { ZONES } from '../../../core/policy/policy.ts';
import type { AwsAccount } from './schema.ts';

/** An account's own objects must live in that account: the broker would otherwise be sent elsewhere (C1). */
export function lintAwsAccount({ id, brokerRole, boundaries }: AwsAccount): readonly CloudFinding[] {
  const broker = new RegExp(`^arn:aws[a-z-]*:iam::${id}:role/.+$`).test(brokerRole)
    ? []
    : [{ path: ['brokerRole'], message: `brokerRole must be a role of account ${id}: arn:aws:iam::${id}:role/…` }];
  const bounds = ZONES.flatMap((zone): readonly CloudFinding[] => {
    const path = ['boundaries', zone];
    if (!new RegExp(`^arn:aws[a-z-]*:iam::${id}:policy/.+$`).test(boundaries[zone])) {
      return [{ path, message: `the boundary must be a policy of account ${id}: arn:aws:iam::${id}:policy/…` }];
    }
    return boundaries[zone].includes(':policy/breakglass/')
      ? [
          {
            path,
            message:
              'the boundary lives under /breakglass/, where the broker could edit it: keep it under another path (C3)',
          },
        ]
      : [];
  });
  return [...broker, ...bounds];
}
