import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsFault } from '../../src/demo/aws/faults.ts';
import { claimOf, type SignedRequest, type SigningKeys, verifySignature } from '../../src/demo/aws/sigv4.ts';

interface Stored {
  readonly body: string;
  readonly mode: string | undefined;
  readonly retainUntil: Date | undefined;
}

export interface BucketOptions {
  readonly versioning?: boolean;
  /** False: Object Lock was never turned on. */
  readonly lock?: { readonly mode?: string; readonly days?: number } | false;
}

/** One bucket on this machine that the real SDK talks to. It refuses what S3 refuses, and keeps every version for ever. */
export interface LocalS3 {
  /** For the product's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly bucket: string;
  /** What each key holds now. */
  contents(): ReadonlyMap<string, string>;
  /** Puts an object as somebody else would, whatever stands there. */
  overwrite(key: string, body: string): void;
  /** While set, every PUT is held before it is stored; the promise resolves when the first one waits. */
  hold(): Promise<void>;
  letGo(): void;
  /** While true, every call is answered 503. */
  down: boolean;
  close(): Promise<void>;
}

const KEYS: SigningKeys = { accessKeyId: 'AKIASEALERTEST', secretAccessKey: 'sealer-secret-for-tests' };
const BUCKET = 'audit-log';

const fault = (status: number, code: string, message: string) => new AwsFault(code, status, message);
const invalid = (message: string) => fault(400, 'InvalidRequest', message);

export async function startLocalS3({
  versioning = true,
  lock = { mode: 'COMPLIANCE', days: 400 },
}: BucketOptions = {}): Promise<LocalS3> {
  const objects = new Map<string, Stored[]>();
  let gate: { readonly held: () => void; readonly opened: Promise<void>; readonly open: () => void } | undefined;
  const state = { down: false };

  const newest = (key: string): Stored => {
    const found = objects.get(key)?.at(-1);
    if (found === undefined) throw fault(404, 'NoSuchKey', 'The specified key does not exist.');
    return found;
  };

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
  const put = (key: string, { headers, body }: SignedRequest): void => {
    const mode = headers['x-amz-object-lock-mode'];
    const until = headers['x-amz-object-lock-retain-until-date'];
    if ((mode === undefined) !== (until === undefined)) {
      throw invalid('x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied');
    }
    if (mode !== undefined && lock === false) throw invalid('Bucket is missing Object Lock Configuration');
    const said = headers['x-amz-checksum-sha256'];
    if (mode !== undefined && said === undefined && headers['content-md5'] === undefined) {
      throw invalid('Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock');
    }
    if (said !== undefined && said !== createHash('sha256').update(body).digest('base64')) {
      throw fault(400, 'BadDigest', 'The SHA256 you specified did not match the calculated checksum.');
    }
    const retainUntil = until === undefined ? undefined : new Date(until);
    if (retainUntil !== undefined && !(retainUntil.getTime() > Date.now())) {
      throw fault(400, 'InvalidArgument', 'The retain until date must be in the future!');
    }
    if (headers['if-none-match'] === '*' && objects.has(key)) {
      throw fault(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
    }
    objects.set(key, [...(objects.get(key) ?? []), { body, mode, retainUntil }]);
  };

  const answer = async (request: SignedRequest, response: ServerResponse): Promise<void> => {
    if (state.down) throw fault(503, 'SlowDown', 'Please reduce your request rate.');
    const claim = claimOf(request);
    if (claim.accessKeyId !== KEYS.accessKeyId) throw fault(403, 'InvalidAccessKeyId', 'No such key.');
    verifySignature(request, claim, KEYS.secretAccessKey, Date.now());
    const [, bucket, key = ''] = /^\/([^/]+)\/?(.*)$/.exec(decodeURIComponent(request.path)) ?? [];
    if (bucket !== BUCKET) throw fault(404, 'NoSuchBucket', 'The specified bucket does not exist');
    const wants = new URLSearchParams(request.query);
    if (request.method === 'PUT') {
      if (gate !== undefined) {
        gate.held();
        await gate.opened;
      }
      put(key, request);
      response.writeHead(200, { etag: '"0"' }).end();
    } else if (wants.has('versioning')) {
      xml(
        response,
        200,
        `<VersioningConfiguration>${versioning ? '<Status>Enabled</Status>' : ''}</VersioningConfiguration>`,
      );
    } else if (wants.has('object-lock')) {
      if (lock === false) {
        throw fault(
          404,
          'ObjectLockConfigurationNotFoundError',
          'Object Lock configuration does not exist for this bucket',
        );
      }
      const rule = lock.mode
        ? `<Rule><DefaultRetention><Mode>${lock.mode}</Mode><Days>${lock.days}</Days></DefaultRetention></Rule>`
        : '';
      const enabled = `<ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}`;
      xml(response, 200, `<ObjectLockConfiguration>${enabled}</ObjectLockConfiguration>`);
    } else if (request.method === 'DELETE') {
      throw fault(403, 'AccessDenied', 'Access Denied because object protected by object lock.');
    } else {
      const { body, mode, retainUntil } = newest(key);
      const locked =
        mode && retainUntil
          ? { 'x-amz-object-lock-mode': mode, 'x-amz-object-lock-retain-until-date': retainUntil.toISOString() }
          : {};
      response.writeHead(200, { 'content-length': Buffer.byteLength(body), ...locked });
      response.end(request.method === 'HEAD' ? undefined : body);
    }
  };

  const server = createServer((incoming, response) => {
    signed(incoming)
      .then((request) => answer(request, response))
      .catch((error: unknown) => {
        if (!(error instanceof AwsFault)) return response.destroy();
        const { code, status, message } = error;
        return xml(response, status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    env: {
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    },
    bucket: BUCKET,
    contents: () => new Map([...objects].map(([key, versions]) => [key, versions.at(-1)?.body ?? ''])),
    overwrite: (key, body) => {
      objects.set(key, [...(objects.get(key) ?? []), { body, mode: 'COMPLIANCE', retainUntil: new Date(4e12) }]);
    },
    hold: () =>
      new Promise((held) => {
        let open = (): void => undefined;
        const opened = new Promise<void>((resolve) => {
          open = resolve;
        });
        gate = { held, opened, open };
      }),
    letGo: () => {
      gate?.open();
      gate = undefined;
    },
    get down() {
      return state.down;
    },
    set down(on: boolean) {
      state.down = on;
    },
    close: async () => {
      gate?.open();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function signed(incoming: IncomingMessage): Promise<SignedRequest> {
  const [path = '/', query = ''] = (incoming.url ?? '/').split('?', 2);
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value] as const],
  );
  const body = Buffer.concat(chunks).toString('utf8');
  return { method: incoming.method ?? '', path, query, headers: Object.fromEntries(headers), body };
}

const xml = (response: ServerResponse, status: number, body: string) =>
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${body}`);
