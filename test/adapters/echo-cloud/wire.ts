import type { IncomingMessage } from 'node:http';

/** A no of the server, by its code. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/** The members of a request: texts and nothing else. */
export class Wire {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(members: Readonly<Record<string, unknown>>) {
    this.#members = members;
  }

  get name(): string | undefined {
    return this.#optional('name');
  }
  get hall(): string | undefined {
    return this.#optional('hall');
  }
  get id(): string | undefined {
    return this.#optional('id');
  }
  get cursor(): string | undefined {
    return this.#optional('cursor');
  }
  get client(): string | undefined {
    return this.#optional('client');
  }
  get secret(): string | undefined {
    return this.#optional('secret');
  }

  /** Itself, unless it says anything else. */
  only(...names: readonly string[]): this {
    const unknown = Object.keys(this.#members).find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Refused(400, 'unknown_parameter');
    return this;
  }

  text(name: string): string {
    const value = this.#optional(name);
    if (value === undefined || value === '') throw new Refused(400, 'missing_parameter');
    return value;
  }

  toJSON(): object {
    return this.#members;
  }

  #optional(name: string): string | undefined {
    const value = this.#members[name];
    return typeof value === 'string' ? value : undefined;
  }
}

export async function readBody(request: IncomingMessage): Promise<Wire> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  try {
    return new Wire(JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>);
  } catch {
    return new Wire({ '': 'not JSON' });
  }
}
