import { planOf } from '../../../../src/clouds/aws/policy/plan.ts';
import { detailOf } from '../../../../src/clouds/aws/policy/plan-detail.ts';
import { usageOf } from '../../../../src/clouds/aws/role/usage.ts';
import { account, BOB, details, EXTERNAL_ID, input, PRODUCTION, terms } from '../inputs.ts';

const usage = (change: Parameters<typeof input>[0] = {}) => usageOf(detailOf(planOf(input(change))));
const NAME = 'bg-01jcz8t2v9000000000000000a';

describe('how to use the access', () => {
  it('is a link for the console and a profile for the CLI', () => {
    expect(usage()).toEqual({
      say: 'For the command line, add this profile to your own AWS configuration; it holds no secret:',
      link: {
        url: `https://signin.aws.amazon.com/switchrole?account=${PRODUCTION}&roleName=breakglass/${NAME}&displayName=${NAME}`,
        label: 'Switch to the role in the console',
      },
      snippet: [
        `[profile ${NAME}]`,
        `role_arn = arn:aws:iam::${PRODUCTION}:role/breakglass/${NAME}`,
        'source_profile = bg-entry',
        'role_session_name = bg-alice',
      ].join('\n'),
    });
  });

  it('is a command without a console link where the source identity is demanded, which the console cannot give', () => {
    const { link, snippet } = usage({ details: details({ terms: terms({ zone: 'C' }) }) });
    expect(link).toBeUndefined();
    expect(snippet).toMatch(/^aws sts assume-role .*--source-identity bg-alice/s);
  });

  it('names the source identity that the directory gives, where one is demanded', () => {
    const principal = { ...BOB, sourceIdentity: 'bob@example.com' };
    const target = { provider: 'aws' as const, account: PRODUCTION, principal };
    expect(usage({ target, details: details({ terms: terms({ zone: 'C' }) }) }).snippet).toMatch(
      /--role-session-name bg-alice .*--source-identity bob@example\.com/s,
    );
  });

  it('asks an IAM user for their second factor', () => {
    const target = { provider: 'aws' as const, account: PRODUCTION, principal: BOB };
    expect(usage({ target }).snippet).toContain('mfa_serial');
    expect(usage({ target, details: details({ terms: terms({ zone: 'C' }) }) }).snippet).toContain('--token-code');
  });

  it('goes to the sign-in page of the account’s own partition', () => {
    const brokerRole = account().brokerRole.replace('arn:aws:', 'arn:aws-us-gov:');
    const { link, snippet } = usage({ details: details({ terms: terms({}, { brokerRole }) }) });
    expect(link?.url).toMatch(/^https:\/\/signin\.amazonaws-us-gov\.com\//);
    expect(snippet).toContain('arn:aws-us-gov:iam::');
  });

  it('tells no secret', () => {
    expect(JSON.stringify(usage())).not.toContain(EXTERNAL_ID);
  });
});
