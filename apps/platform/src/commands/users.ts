import { parseArgs } from 'node:util';
import { PRIVATE, PUBLIC } from '@limpid/domain/access/visibility';
import { createAccount, resetPassword } from '@limpid/server/sign-in/accounts';
import { listUsers, updateUser } from '@limpid/store/db/users';
import { StatusError } from '@limpid/wire';
import { type Config, RESERVED_IDS } from '../config.ts';
import { type Instance, openInstance } from '../instance.ts';
import { UsageError } from '../usage-error.ts';

type Flags = Readonly<Record<string, string | boolean | undefined>>;
type Action = (instance: Instance, id: string, flags: Flags) => Promise<void>;

const ACTIONS: Readonly<Record<string, Action>> = {
  add,
  'set-password': async (instance, id, flags) => {
    const password = await resetPassword(instance, id, text(flags.password));
    console.log(JSON.stringify({ user_id: id, password }));
  },
  'set-public': async (instance, id, flags) => {
    await change(instance, id, { visibility: flags.private ? PRIVATE : PUBLIC });
  },
  disable: async (instance, id, flags) => {
    await change(instance, id, { disabled: !flags.enable });
  },
};

/** `limpid users …`: works whether or not the platform is running. Answers are JSON, one user a line. */
export async function usersCommand(config: Config, args: readonly string[]): Promise<void> {
  const { positionals, values } = parse(args);
  const [action = 'list', id] = positionals;
  await using instance = await openInstance(config);
  if (action === 'list') {
    await list(instance);
    return;
  }
  const act = ACTIONS[action];
  if (!act || !id)
    throw new UsageError(
      `limpid users: give one of list, ${Object.keys(ACTIONS).join(', ')} and an id`,
    );
  try {
    await act(instance, id, values);
  } catch (error) {
    if (error instanceof StatusError) throw new UsageError(error.details || error.description);
    throw error;
  }
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const word = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { email: word, password: word, public: flag, private: flag, enable: flag },
    });
  } catch (error) {
    throw new UsageError(`limpid users: ${(error as Error).message}`);
  }
}

async function add(instance: Instance, id: string, flags: Flags): Promise<void> {
  if (RESERVED_IDS.has(id)) throw new UsageError(`'${id}' is a reserved id`);
  const made = await createAccount(instance, {
    id,
    email: text(flags.email) ?? `${id}@localhost`,
    password: text(flags.password),
    visibility: flags.public ? PUBLIC : PRIVATE,
  });
  const { email } = made.user;
  console.log(JSON.stringify({ user_id: id, email, password: made.password, pat: made.pat }));
}

async function list(instance: Instance): Promise<void> {
  for (const user of await listUsers(instance.db)) {
    if (user.is_system) continue;
    const { id, email, is_admin: admin, disabled_at: disabledAt } = user;
    console.log(
      JSON.stringify({
        user_id: id,
        email,
        admin,
        public: user.visibility >= PUBLIC,
        disabled: disabledAt !== null,
      }),
    );
  }
}

async function change(
  instance: Instance,
  id: string,
  fields: { visibility?: number; disabled?: boolean },
): Promise<void> {
  const user = await updateUser(instance.db, id, fields);
  if (!user) throw new UsageError(`There is no user '${id}'`);
  console.log(
    JSON.stringify({
      user_id: id,
      public: user.visibility >= PUBLIC,
      disabled: user.disabled_at !== null,
    }),
  );
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
