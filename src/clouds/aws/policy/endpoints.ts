/** What web and worker ask of AWS. */
const ASKED = ['IAM', 'STS'] as const;

/**
 * Addresses that the AWS SDK reads by itself; named here so that they can be checked. None where it would ask
 * one of these services at its real address, because nothing else is named for it or it is told to heed no such setting.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function endpointsOf(
  env: Readonly<Record<string, string | undefined>>,
  asked: readonly string[] = ASKED,
): readonly string[] {
  const ignored = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true';
  const named = (service: string) => env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL;
  if (ignored || !asked.every(named)) return [];
  return Object.entries(env).flatMap(([name, value]) =>
    /^AWS_ENDPOINT_URL(_[A-Z0-9_]+)?$/.test(name) && value ? [value] : [],
  );
}
