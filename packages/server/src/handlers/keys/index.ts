import { DeleteKey } from './DeleteKey.ts';
import { GetKey } from './GetKey.ts';
import { ListAppKeys } from './ListAppKeys.ts';
import { ListKeys } from './ListKeys.ts';
import { ListScopes } from './ListScopes.ts';
import { MyScopes } from './MyScopes.ts';
import { MyScopesRoot } from './MyScopesRoot.ts';
import { MyScopesUser } from './MyScopesUser.ts';
import { PatchKeys } from './PatchKeys.ts';
import { PostKeys } from './PostKeys.ts';

export const keys = {
  DeleteKey,
  GetKey,
  ListAppKeys,
  ListKeys,
  ListScopes,
  MyScopes,
  MyScopesRoot,
  MyScopesUser,
  PatchKeys,
  PostKeys,
};
