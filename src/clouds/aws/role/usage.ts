import type { Usage } from '../../../ports/provider.ts';
import type { Detail } from '../policy/plan-detail.ts';

const SIGN_IN: Readonly<Record<string, string>> = {
  aws: 'signin.aws.amazon.com',
  'aws-cn': 'signin.amazonaws.cn',
  'aws-us-gov': 'signin.amazonaws-us-gov.com',
};

/**
 * How the person takes on the role. The console cannot name a source identity, so where one is demanded there is no
 * console link.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html
 */
export function usageOf(detail: Detail): Usage {
  const say = 'For the command line, add this profile to your own AWS configuration; it holds no secret:';
  return detail.session.sourceRequired
    ? { say, link: undefined, snippet: assumeCommand(detail) }
    : {
        say,
        link: { url: switchRoleUrl(detail), label: 'Switch to the role in the console' },
        snippet: profile(detail),
      };
}

function switchRoleUrl({ partition, account, path, roleName }: Detail): string {
  const name = `${path.slice(1)}${roleName}`;
  return `https://${SIGN_IN[partition] ?? SIGN_IN.aws}/switchrole?account=${account}&roleName=${name}&displayName=${roleName}`;
}

/** A profile for `~/.aws/config`. The source is the profile they sign in with every day. */
function profile({ roleName, roleArn, session }: Detail): string {
  return [
    `[profile ${roleName}]`,
    `role_arn = ${roleArn}`,
    `source_profile = ${sourceProfile(session)}`,
    `role_session_name = ${session.name}`,
    // Only IAM users show AWS a second factor; the serial is in the console under their own security credentials.
    ...(session.kind === 'iam-user' ? ['mfa_serial = YOUR_MFA_DEVICE_ARN'] : []),
  ].join('\n');
}

/** The AWS CLI's profiles cannot name a source identity, so this is a command. */
function assumeCommand({ roleArn, session }: Detail): string {
  return [
    'aws sts assume-role',
    `--role-arn ${roleArn}`,
    `--role-session-name ${session.name}`,
    `--source-identity ${session.sourceIdentity}`,
    ...(session.kind === 'iam-user' ? ['--serial-number YOUR_MFA_DEVICE_ARN --token-code YOUR_MFA_CODE'] : []),
    `--profile ${sourceProfile(session)}`,
  ].join(' \\\n  ');
}

const sourceProfile = ({ permissionSet }: Detail['session']): string => permissionSet ?? 'YOUR_USUAL_PROFILE';
