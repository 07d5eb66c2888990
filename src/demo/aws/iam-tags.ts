import type { Tag } from './accounts.ts';
import { limitExceeded } from './faults.ts';
import { type Operations, PAGING, page, ROLE_NAME, TAG_KEY, TAGS } from './operation.ts';
import { applyToRole, changeableRole, permittedRole } from './role-access.ts';
import { tagFacts, tagsOf } from './tags.ts';

const TAGS_MAX = 50;

const without = (tags: readonly Tag[], keys: readonly string[]): readonly Tag[] => {
  const gone = new Set(keys.map((key) => key.toLowerCase()));
  return tags.filter(({ Key }) => !gone.has(Key.toLowerCase()));
};

/** Tags of roles. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html */
export const TAG_OPERATIONS: Operations = {
  TagRole: {
    rules: { RoleName: ROLE_NAME, Tags: { ...TAGS, required: true } },
    run: (call) => {
      const asked = call.params.structures('Tags');
      const role = changeableRole(call, 'iam:TagRole', tagFacts(asked));
      const added = tagsOf(asked);
      const kept = without(
        role.policies.tags,
        added.map(({ Key }) => Key),
      );
      if (kept.length + added.length > TAGS_MAX)
        throw limitExceeded(`Cannot exceed quota for TagsPerRole: ${TAGS_MAX}`);
      applyToRole(call, role, { tags: [...kept, ...added] });
      return undefined;
    },
  },
  UntagRole: {
    rules: { RoleName: ROLE_NAME, TagKeys: { kind: 'list', item: TAG_KEY, max: TAGS_MAX, required: true } },
    run: (call) => {
      const keys = call.params.list('TagKeys');
      const role = changeableRole(call, 'iam:UntagRole', [['aws:TagKeys', keys]]);
      applyToRole(call, role, { tags: without(role.policies.tags, keys) });
      return undefined;
    },
  },
  ListRoleTags: {
    rules: { RoleName: ROLE_NAME, ...PAGING },
    run: (call) => {
      const role = permittedRole(call, 'iam:ListRoleTags');
      const { items, ...paging } = page(role.policies.tags, ({ Key }) => Key, call.params);
      return { Tags: items.map(({ Key, Value }) => ({ Key, Value })), ...paging };
    },
  },
};
