import { setTimeout as wait } from 'node:timers/promises';
import type { SigningKeys } from '../../src/demo/aws/sigv4.ts';
import { assumeGrant, use } from '../../src/demo/driver.ts';
import type { Stage } from '../../src/demo/stage.ts';
import { accountOf, actionIn, personOf, resourceIn } from './catalog.ts';
import type { RequestSeen } from './records.ts';

/** A role that a requester took on, and what came of it. */
export interface Holding {
  readonly lane: number;
  readonly zone: string;
  readonly requestId: string;
  readonly roleArn: string;
  readonly keys: SigningKeys;
}

/** Later than the cloud's own end by this much, an access is tried once more. */
const PAST_END_MS = 30;

/** Sessions of all requesters. Whoever holds one tries it again right after its planned end. */
export class Holdings {
  readonly all: Holding[] = [];
  readonly problems: { readonly requestId: string; readonly what: string }[] = [];
  readonly #stage: Stage;
  readonly #trying = new Set<Promise<void>>();
  readonly #watched = new Set<string>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** The requester takes the role on. Answers whether AWS let them. */
  async take(lane: number, zone: string, { id, roleName, plannedEnd }: RequestSeen): Promise<boolean> {
    if (roleName === undefined || plannedEnd === undefined) return false;
    const roleArn = `arn:aws:iam::${accountOf(lane)}:role/breakglass/${roleName}`;
    const keys = await this.#assume(lane, roleArn);
    if (keys === undefined) return false;
    const holding = { lane, zone, requestId: id, roleArn, keys };
    this.all.push(holding);
    if (!this.#watched.has(id)) {
      this.#watched.add(id);
      const trying = this.#tryPastEnd(holding, plannedEnd);
      this.#trying.add(trying);
      void trying.finally(() => this.#trying.delete(trying));
    }
    return true;
  }

  /** Does this session still do what it is for? */
  async works({ lane, zone, keys }: Holding): Promise<boolean> {
    return (await use(this.#stage, keys, actionIn(zone), resourceIn(lane))).allowed;
  }

  mayAssume({ lane, roleArn }: Holding): Promise<boolean> {
    return this.#assume(lane, roleArn).then((keys) => keys !== undefined);
  }

  /** Resolves when every trial past an end was made. */
  async settled(): Promise<void> {
    await Promise.all(this.#trying);
  }

  /** An extension moves the end, so that trial is for the log's judge; whatever was planned first is tried here. */
  async #tryPastEnd(holding: Holding, plannedEnd: Date): Promise<void> {
    await wait(Math.max(0, plannedEnd.getTime() - Date.now()) + PAST_END_MS);
    await this.works(holding);
    await this.mayAssume(holding);
  }

  #assume(lane: number, roleArn: string): Promise<SigningKeys | undefined> {
    return assumeGrant(this.#stage, personOf(lane, 'requester'), roleArn).catch(() => undefined);
  }
}
