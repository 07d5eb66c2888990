/** An account as the policy has it, with the broker's role and the boundaries of the manifests in it. */
export function accountEntry({ id, name, externalId }: { readonly [what in 'id' | 'name' | 'externalId']: string }) {
  const boundary = (zone: string) => `arn:aws:iam::${id}:policy/breakglass-guardrails/boundary-${zone}`;
  return {
    id,
    name,
    provider: 'aws',
    brokerRole: `arn:aws:iam::${id}:role/breakglass-broker`,
    externalId,
    boundaries: { A: boundary('a'), B: boundary('b'), C: boundary('c') },
  };
}
