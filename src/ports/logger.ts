/** Structured log lines for operators. ERROR means someone should be woken. Secrets are never passed in. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
