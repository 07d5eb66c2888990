/** One thing that is wrong with a configuration file, or worth a second look. `line` counts from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  /** What is wrong, then what to do. */
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** `file:line: message`, the form that editors and CI understand; warnings say so. */
export const formatProblem = ({ file, line, message, severity }: Problem): string =>
  `${file}:${line}: ${severity === 'warning' ? 'warning: ' : ''}${message}`;
