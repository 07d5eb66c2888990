import type { Broker } from '../../broker/broker.ts';
import type { CloudTerms } from '../../core/policy/cloud.ts';
import type { Terms } from '../../core/policy/terms.ts';
import type { DirectorySource } from '../../ports/directory.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Store } from '../../ports/store.ts';
import type { Delivery } from '../deliver/delivery.ts';
import type { RequestChat } from '../words/content.ts';

/** Everything that the dialogs need of the product. */
export interface DialogDeps {
  /** The chat in which they are held. */
  readonly chat: RequestChat;
  readonly announce: Pick<Delivery, 'redraw'>;
  readonly broker: Pick<
    Broker,
    | 'request'
    | 'approve'
    | 'deny'
    | 'withdraw'
    | 'end'
    | 'extend'
    | 'attest'
    | 'freeze'
    | 'thaw'
    | 'view'
    | 'whyNotRead'
    | 'noteRefusal'
    | 'watchPeople'
  >;
  readonly store: Pick<Store, 'chat' | 'find' | 'freeze' | 'inStates' | 'list' | 'policyInForce'>;
  readonly directory: DirectorySource;
  readonly capabilities: (terms: Terms) => CloudTerms;
  readonly logger: Logger;
}
