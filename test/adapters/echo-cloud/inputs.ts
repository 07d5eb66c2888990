import { PRESETS } from '../../../src/core/policy/policy.ts';
import { type Terms, unverifiedClauseFor } from '../../../src/core/policy/terms.ts';
import type { RequestDetails } from '../../../src/core/request/request.ts';
import { details } from '../../clouds/aws/inputs.ts';
import type { EchoAccount, EchoRole } from './definition.ts';

export const echoAccount = (change: Partial<EchoAccount> = {}): EchoAccount => ({
  id: 'halls-north',
  name: 'North halls',
  provider: 'echo',
  hall: 'north',
  desk: 'desk',
  ...change,
});

export const echoRole = (change: Partial<EchoRole> = {}): EchoRole => ({
  id: 'pump-operator',
  name: 'Restart pumps',
  summary: 'Restart the pumps of the north halls.',
  zone: 'B',
  domain: 'production',
  environment: 'production',
  provider: 'echo',
  account: 'halls-north',
  maxMinutes: 60,
  mayAsk: ['serving'],
  approvals: [],
  door: 'operator',
  opens: ['valve.turn', 'pump.restart'],
  ...change,
});

export const echoTerms = (change: Partial<EchoRole> = {}): Terms => ({
  role: echoRole(change),
  account: echoAccount(),
  clauses: [{ who: 'group', name: 'outside', teams: ['sre'], count: 1, assurance: 'chat' }],
  maxMinutes: 60,
  maxTotalMinutes: 60,
  minutesOffered: [15, 30, 60],
  unverifiedIncident: 'accept',
  unverifiedClause: unverifiedClauseFor(['sre']),
  timings: PRESETS.timings,
});

export const detailsOf = (terms: Terms): RequestDetails => details({ terms });
