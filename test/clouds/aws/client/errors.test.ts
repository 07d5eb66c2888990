import { answered, failureOf, judge, wireCode } from '../../../../src/clouds/aws/client/errors.ts';

const sdkError = (name: string, more: object = {}) => Object.assign(new Error('what AWS said'), { name, ...more });
const status = (httpStatusCode: number, more: object = {}) => ({ $metadata: { httpStatusCode, ...more } });

describe('the code of an error', () => {
  it.each([
    [sdkError('EntityAlreadyExistsException', { Code: 'EntityAlreadyExists' }), 'EntityAlreadyExists'],
    [sdkError('NoSuchEntityException'), 'NoSuchEntity'],
    [sdkError('ExpiredTokenException'), 'ExpiredToken'],
    [sdkError('ThrottlingException'), 'ThrottlingException'],
    [sdkError('AccessDenied'), 'AccessDenied'],
    ['not an error at all', 'Unknown'],
  ])('is the one on the wire, whatever name the SDK gave it: %s', (error, code) => {
    expect(wireCode(error)).toBe(code);
  });
});

describe('what is made of an answer', () => {
  it.each([
    ['Throttling', 400, 'PROVIDER_THROTTLED', 'again'],
    ['ThrottlingException', 400, 'PROVIDER_THROTTLED', 'again'],
    ['RequestLimitExceeded', 503, 'PROVIDER_THROTTLED', 'again'],
    ['ServiceFailure', 500, 'PROVIDER_UNAVAILABLE', 'again'],
    ['ServiceUnavailable', 503, 'PROVIDER_UNAVAILABLE', 'again'],
    ['ConcurrentModificationException', 409, 'PROVIDER_UNAVAILABLE', 'again'],
    ['EntityTemporarilyUnmodifiableException', 409, 'PROVIDER_UNAVAILABLE', 'again'],
    ['NeverHeardOf', 502, 'PROVIDER_UNAVAILABLE', 'again'],
    ['NeverHeardOf', 429, 'PROVIDER_THROTTLED', 'again'],
    ['TimeoutError', undefined, 'PROVIDER_UNAVAILABLE', 'again'],
    ['ExpiredToken', 403, 'PROVIDER_DENIED_US', 'renew'],
    ['InvalidClientTokenId', 403, 'PROVIDER_DENIED_US', 'renew'],
    ['AccessDenied', 403, 'PROVIDER_DENIED_US', 'stop'],
    ['NeverHeardOf', 403, 'PROVIDER_DENIED_US', 'stop'],
    ['CredentialsProviderError', undefined, 'PROVIDER_DENIED_US', 'stop'],
    ['LimitExceededException', 409, 'PROVIDER_QUOTA', 'stop'],
    ['EntityAlreadyExistsException', 409, 'PROVIDER_CONFLICT', 'stop'],
    ['NoSuchEntityException', 404, 'READ_BACK_DIFFERS', 'stop'],
    ['DeleteConflictException', 409, 'READ_BACK_DIFFERS', 'stop'],
    ['MalformedPolicyDocumentException', 400, 'PROVIDER_REFUSED', 'stop'],
    ['InvalidInputException', 400, 'PROVIDER_REFUSED', 'stop'],
    ['ValidationError', 400, 'PROVIDER_REFUSED', 'stop'],
    ['NeverHeardOf', 400, 'PROVIDER_REFUSED', 'stop'],
  ])('%s (%s) is %s: %s', (name, http, code, remedy) => {
    const error = http === undefined ? sdkError(name) : sdkError(name, status(http));
    expect(judge(error)).toMatchObject({ code, remedy });
  });

  it('is another try where the SDK has just learnt the server’s time, but only of a signature that was refused', () => {
    const skewed = status(403, { clockSkewCorrected: true });
    expect(judge(sdkError('SignatureDoesNotMatch', skewed)).remedy).toBe('again');
    expect(judge(sdkError('RequestExpired', skewed)).remedy).toBe('again');
    expect(judge(sdkError('ExpiredToken', skewed)).remedy).toBe('renew');
    expect(judge(sdkError('NoSuchEntity', skewed)).remedy).toBe('stop');
    expect(judge(sdkError('AccessDenied', skewed)).remedy).toBe('stop');
  });
});

describe('a failure', () => {
  it('keeps the wire code for those who must tell cases apart, and hides secrets', () => {
    const error = sdkError('AccessDenied', { message: 'not with id s3cret-id' });
    const failure = failureOf(error, 'entering', ['s3cret-id']);
    expect(failure.message).toBe('PROVIDER_DENIED_US: entering: AccessDenied: not with id [hidden]');
    expect(failure.cause).toBeUndefined();
    expect(answered(failure, 'AccessDenied')).toBe(true);
    expect(answered(failure, 'NoSuchEntity')).toBe(false);
    expect(failureOf(failure, 'again')).toBe(failure);
  });
});
