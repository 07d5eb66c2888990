import { readFileSync } from 'node:fs';
import { overlaps } from '../../../../src/clouds/aws/policy/pattern.ts';
import { CHANGES_IDENTITIES, FORBIDDEN, OUTLIVING_TOKENS } from '../../../../src/clouds/aws/policy/powers.ts';
import { STARTS_CODE } from '../../../../src/clouds/aws/policy/powers-code.ts';
import { VENDS_SECRETS } from '../../../../src/clouds/aws/policy/powers-secrets.ts';
import { SHARES } from '../../../../src/clouds/aws/policy/powers-share.ts';
import { isBroad } from '../../../../src/clouds/aws/policy/reach.ts';
import { allActions, type KnownAction } from '../iam-data.ts';

const TABLES = { SHARES, STARTS_CODE, VENDS_SECRETS };
const classed = Object.values(TABLES).flatMap(({ actions }) => actions);
const plain = new Set([...classed, ...OUTLIVING_TOKENS.map(({ action }) => action)]);
const patterns = [
  ...FORBIDDEN.map(({ pattern }) => pattern),
  ...CHANGES_IDENTITIES,
  ...classed.filter((action) => action.includes('*')),
];
const isClassed = (action: string): boolean =>
  plain.has(action) || patterns.some((pattern) => overlaps(pattern, action, true));

const reviewed = new Set(
  readFileSync(new URL('reviewed-actions.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      const [, service = '', verb = '', rest = ''] = /^(\S+) (\S+): (.+)$/.exec(line) ?? [];
      return rest.split(' ').map((end) => `${service}:${verb}${end === '-' ? '' : end}`);
    }),
);

let all: readonly KnownAction[];
let named: ReadonlyMap<string, KnownAction>;
beforeAll(async () => {
  all = await allActions();
  named = new Map(all.map((action) => [action.name, action]));
});

describe('every action of AWS', () => {
  it('was looked at, whatever its access level: it has a class, is forbidden, or stands in reviewed-actions.txt', () => {
    expect(all.length).toBeGreaterThan(20_000);
    expect(all.map(({ name }) => name).filter((name) => !isClassed(name) && !reviewed.has(name))).toEqual([]);
  });

  it('stands in one place only, and AWS has it', () => {
    expect([...reviewed].filter((name) => isClassed(name) || !named.has(name))).toEqual([]);
  });
});

describe.each(Object.entries(TABLES))('%s', (_name, table) => {
  const names = table.actions.filter((action) => !action.includes('*'));

  it('holds actions that AWS has, each once', () => {
    expect(names.filter((name) => !named.has(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('marks those that AWS narrows to no resource, and no others', () => {
    const onEverythingOnly = names.filter((name) => named.get(name)?.onEverythingOnly === true);
    expect([...table.onEverythingOnly].sort()).toEqual([...onEverythingOnly].sort());
  });

  it('can tell a whole kind of each resource from one by name, cut where one may cut it', () => {
    const known = names.flatMap((name) => named.get(name)?.arns ?? []);
    const missed = known.flatMap((arn) => {
      const [head = '', ending = ''] = /^((?:[^:]*:){5})(.*\$.*)$/.exec(arn)?.slice(1) ?? [];
      // A place that names nothing, or one whose service is itself a name (of a seller in the marketplace).
      if (ending === '' || head.includes('{Vendor}')) return [];
      const before = head
        .replace(/\$\{Partition\}/, 'aws')

        .replace(/\$\{\w+\}/g, '*');
      const filled = (...names: string[]) => ending.replace(/\$\{\w+\}/g, () => names.shift() ?? '*');
      const kind = ending.slice(0, ending.indexOf('$'));
      const broad = [filled(), `${kind}*`, `${kind.slice(0, 3)}*`].filter((text) => !isBroad(before + text));
      // The last is everything below something that has a name: `bucket/*`, `cluster/name/*`.
      const narrow = [ending.replaceAll('$', ''), filled('named'), filled('named-*')].filter((text) =>
        isBroad(before + text),
      );
      return [...broad, ...narrow].map((text) => before + text);
    });
    expect([...new Set(missed)]).toEqual([]);
  });
});
