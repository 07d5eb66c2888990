import { type ApiContext, type ApiMethod, ApiRefusal, type Arguments, refuseArguments } from './api-call.ts';
import { type Fields, isFields } from './json.ts';
import type { OpenView } from './model.ts';
import { VIEW_STACK_MAX } from './view-desk.ts';
import { wireView } from './wire.ts';

/** The view an app sent, checked. @throws ApiRefusal */
function definition(args: Arguments, { desk }: ApiContext, self?: OpenView): Fields {
  const view = args.json('view', 'invalid_arguments');
  if (!isFields(view))
    throw refuseArguments('invalid_arguments', ['[ERROR] must provide an object [json-pointer:/view]']);
  const refusal = desk.refusal(view, self);
  if (!refusal) return view;
  throw refusal.messages ? refuseArguments(refusal.error, refusal.messages) : new ApiRefusal(refusal.error);
}

/** Whose trigger this is; it is used up only once the view was found good. @throws ApiRefusal */
function spendTrigger(
  args: Arguments,
  context: ApiContext,
): { readonly user: string; readonly viewId?: string; readonly view: Fields } {
  const id = args.text('trigger_id');
  const trigger = context.triggers.look(id);
  if (typeof trigger === 'string') throw new ApiRefusal(trigger);
  const view = definition(args, context);
  context.triggers.spend(id);
  return { ...trigger, view };
}

const open: ApiMethod = {
  needs: ['trigger_id', 'view'],
  run: (args, context) => {
    const { user, view } = spendTrigger(args, context);
    return { view: wireView(context.world, context.desk.open(user, view)) };
  },
};

const push: ApiMethod = {
  needs: ['trigger_id', 'view'],
  run: (args, context) => {
    const { user, viewId, view } = spendTrigger(args, context);
    const below = context.world.views.get(viewId ?? '');
    if (!below) throw new ApiRefusal('not_found');
    if (context.desk.depth(user) >= VIEW_STACK_MAX) throw new ApiRefusal('push_limit_reached');
    return { view: wireView(context.world, context.desk.open(user, view, below)) };
  },
};

const update: ApiMethod = {
  needs: ['view'],
  may: ['view_id', 'external_id', 'hash'],
  run: (args, context) => {
    const { world, desk } = context;
    if (args.has('view_id') === args.has('external_id'))
      throw refuseArguments('invalid_arguments', ['[ERROR] must provide exactly one of view_id and external_id']);
    const found = args.has('view_id')
      ? world.views.get(args.text('view_id'))
      : [...world.views.values()].find((view) => view.definition.external_id === args.text('external_id'));
    if (!found) throw new ApiRefusal('not_found');
    if (args.has('hash') && args.text('hash') !== found.hash) throw new ApiRefusal('hash_conflict');
    return { view: wireView(world, desk.update(found, definition(args, context, found))) };
  },
};

/** The `views.*` methods. */
export const VIEW_METHODS: Readonly<Record<string, ApiMethod>> = {
  'views.open': open,
  'views.push': push,
  'views.update': update,
};
