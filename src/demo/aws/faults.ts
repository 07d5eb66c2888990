/** An answer of "no" in AWS's own words: the wire code, its HTTP status and the message a caller reads. */
export interface Fault {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

/** Carries a {@link Fault} from wherever a rule says no to the server, which writes it as error XML. */
export class AwsFault extends Error implements Fault {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.name = 'AwsFault';
    this.code = code;
    this.status = status;
  }
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
export const validationError = (message: string): AwsFault => new AwsFault('ValidationError', 400, message);

export const invalidInput = (message: string): AwsFault => new AwsFault('InvalidInput', 400, message);

export const malformedPolicy = (message: string): AwsFault => new AwsFault('MalformedPolicyDocument', 400, message);

export const noSuchEntity = (message: string): AwsFault => new AwsFault('NoSuchEntity', 404, message);

export const limitExceeded = (message: string): AwsFault => new AwsFault('LimitExceeded', 409, message);

export const deleteConflict = (message: string): AwsFault => new AwsFault('DeleteConflict', 409, message);

export const alreadyExists = (message: string): AwsFault => new AwsFault('EntityAlreadyExists', 409, message);

export const accessDenied = (message: string): AwsFault => new AwsFault('AccessDenied', 403, message);

export const throttled = (): AwsFault => new AwsFault('Throttling', 400, 'Rate exceeded');
