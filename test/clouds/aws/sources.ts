/*
 * Actions that others list as ways to more than a session was given, without those that need iam:PassRole at that moment
 * (lambda:CreateFunction, ec2:RunInstances …), and without those that AWS has no more.
 */
const names = (text: string): readonly string[] => text.split(/\s+/).filter((name) => name !== '');

/**
 * What returns credentials: cloudsplaining's ACTIONS_THAT_RETURN_CREDENTIALS (shared/constants.py), PrimeHarbor's
 * CredentialExposure, and what issue reports added. Left out: cognito-idp:GetSigningCertificate and connect:ListSecurityKeys
 * (public certificates), waf:GetChangeToken (orders writes), athena:GetSession (its state; the token is GetSessionEndpoint's),
 * cognito-idp:GetUserAttributeVerificationCode (goes to the user), gamelift:GetGameSessionLogUrl (a log).
 */
export const CREDENTIALS = names(`
  airflow:CreateCliToken airflow:CreateWebLoginToken appsync:CreateApiKey appsync:ListApiKeys chime:CreateApiKey
  cloud9:CreateEnvironmentSSH cloud9:CreateEnvironmentToken codeartifact:GetAuthorizationToken codepipeline:PollForJobs
  cognito-identity:GetOpenIdToken cognito-identity:GetOpenIdTokenForDeveloperIdentity
  cognito-identity:GetCredentialsForIdentity cognito-idp:DescribeUserPoolClient connect:GetFederationToken
  ec2:GetPasswordData ec2-instance-connect:SendSSHPublicKey ecr:GetAuthorizationToken ecr-public:GetAuthorizationToken
  emr-containers:GetManagedEndpointSessionCredentials finspace-api:GetProgrammaticAccessCredentials
  gamelift:RequestUploadCredentials gamelift:GetInstanceAccess gamelift:GetComputeAccess gamelift:GetComputeAuthToken
  grafana:CreateWorkspaceApiKey iam:CreateAccessKey iam:CreateLoginProfile iam:CreateServiceSpecificCredential
  iam:ResetServiceSpecificCredential iam:UpdateAccessKey license-manager:GetAccessToken
  lightsail:GetInstanceAccessDetails lightsail:DownloadDefaultKeyPair lightsail:CreateBucketAccessKey
  lightsail:GetBucketAccessKeys lightsail:GetRelationalDatabaseMasterUserPassword mediapackage:RotateChannelCredentials
  mediapackage:RotateIngestEndpointCredentials rds-db:connect redshift:GetClusterCredentials
  redshift:GetClusterCredentialsWithIAM redshift-serverless:GetCredentials s3:GetDataAccess
  secretsmanager:GetSecretValue snowball:GetJobUnlockCode sso:GetRoleCredentials ssm:GetParameter ssm:GetParameters
  ssm:GetParametersByPath storagegateway:DescribeChapCredentials sts:AssumeRole sts:AssumeRoleWithSAML
  sts:AssumeRoleWithWebIdentity sts:GetFederationToken sts:GetSessionToken
  lakeformation:GetTemporaryGlueTableCredentials lakeformation:GetTemporaryGluePartitionCredentials
  datazone:GetEnvironmentCredentials events:RetrieveConnectionCredentials eks-auth:AssumeRoleForPodIdentity kms:Decrypt
`);

/**
 * What runs code as somebody else, or changes who may do what: Rhino Security Labs' methods, cloudsplaining's
 * PRIVILEGE_ESCALATION_METHODS, and pathfinding.cloud's paths that need no new iam:PassRole.
 */
export const ESCALATIONS = names(`
  iam:CreateAccessKey iam:DeleteAccessKey iam:CreateLoginProfile iam:UpdateLoginProfile iam:AddUserToGroup
  iam:CreatePolicyVersion iam:SetDefaultPolicyVersion iam:AttachUserPolicy iam:AttachGroupPolicy iam:AttachRolePolicy
  iam:PutUserPolicy iam:PutGroupPolicy iam:PutRolePolicy iam:UpdateAssumeRolePolicy iam:PassRole sts:AssumeRole
  glue:CreateDevEndpoint glue:UpdateDevEndpoint glue:UpdateJob glue:StartJobRun glue:CreateTrigger glue:RunStatement
  lambda:UpdateFunctionCode lambda:UpdateFunctionConfiguration lambda:InvokeFunction lambda:AddPermission
  lambda:CreateEventSourceMapping bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter
  cloudformation:CreateStack cloudformation:UpdateStack cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet
  cloudformation:CreateStackSet cloudformation:CreateStackInstances cloudformation:UpdateStackSet
  ec2:ModifyInstanceAttribute ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate
  ec2-instance-connect:SendSSHPublicKey ec2-instance-connect:SendSerialConsoleSSHPublicKey ecs:ExecuteCommand ecs:RunTask
  ecs:StartTask ecs:CreateService ecs:UpdateService ecs:RegisterContainerInstance
  sagemaker:CreatePresignedNotebookInstanceUrl sagemaker:CreatePresignedDomainUrl
  sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:UpdateNotebookInstance sagemaker:UpdateEndpoint
  apprunner:UpdateService codebuild:StartBuild codebuild:StartBuildBatch codebuild:UpdateProject ssm:SendCommand
  ssm:StartSession ssm:StartAutomationExecution batch:SubmitJob batch:RegisterJobDefinition codedeploy:CreateDeployment
  cognito-identity:SetIdentityPoolRoles datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline
  elasticmapreduce:AddJobFlowSteps emr-serverless:StartJobRun gamelift:RequestUploadCredentials
  imagebuilder:CreateImage kinesisanalytics:StartApplication braket:CreateJob codestar:CreateProject
  states:UpdateStateMachine amplify:StartJob
`);

/** What opens a resource to others: examples of each form, from cloudsplaining's and PrimeHarbor's resource exposure. */
export const EXPOSURES = names(`
  acm-pca:CreatePermission acm-pca:PutPolicy apigateway:UpdateRestApiPolicy backup:PutBackupVaultAccessPolicy
  chime:PutVoiceConnectorTerminationCredentials cloudsearch:UpdateServiceAccessPolicies codebuild:PutResourcePolicy
  codeguru-profiler:PutPermission cognito-identity:UpdateIdentityPool ds:CreateTrust ds:ShareDirectory
  ec2:CreateNetworkInterfacePermission ec2:ModifyImageAttribute ec2:ModifySnapshotAttribute
  ec2:ModifyVpcEndpointServicePermissions ecr:SetRepositoryPolicy eks:CreateAccessEntry
  elasticfilesystem:PutFileSystemPolicy es:UpdateElasticsearchDomainConfig glacier:SetVaultAccessPolicy
  glue:PutResourcePolicy greengrass:AssociateServiceRoleToAccount imagebuilder:PutImagePolicy iot:AttachPolicy
  iot:AttachPrincipalPolicy iot:CreateKeysAndCertificate iot:SetDefaultAuthorizer iotsitewise:CreateAccessPolicy
  kms:CreateGrant kms:PutKeyPolicy lakeformation:GrantPermissions lakeformation:PutDataLakeSettings
  lambda:AddLayerVersionPermission lambda:AddPermission lambda:CreateFunctionUrlConfig lambda:EnableReplication
  logs:PutResourcePolicy mediastore:PutContainerPolicy opsworks:SetPermission quicksight:RegisterUser
  quicksight:UpdateDashboardPermissions ram:AssociateResourceShare ram:CreateResourceShare
  rds:ModifyDBSnapshotAttribute redshift:AuthorizeSnapshotAccess redshift:JoinGroup
  route53resolver:PutResolverRulePolicy s3:DeleteBucketPolicy s3:PutAccessPointPolicy s3:PutBucketAcl s3:PutBucketPolicy
  s3:PutBucketPublicAccessBlock s3:PutObjectAcl secretsmanager:DeleteResourcePolicy secretsmanager:PutResourcePolicy
  servicecatalog:CreatePortfolioShare ses:PutIdentityPolicy sns:AddPermission sns:SetTopicAttributes sqs:AddPermission
  sqs:SetQueueAttributes ssm:ModifyDocumentPermission storagegateway:SetSMBGuestPassword wafv2:PutPermissionPolicy
  workmail:ResetPassword
`);
