// The `limpid` command: without arguments it runs the platform, otherwise it works on the same home.
import { backupCommand, restoreCommand } from './commands/backup.ts';
import { modelsCommand } from './commands/models.ts';
import { usersCommand } from './commands/users.ts';
import { type Config, makeConfig } from './config.ts';
import { EnvError, readEnv } from './env.ts';
import { runAll } from './roles/all.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `limpid: an open, self-hosted AI platform that speaks the Clarifai API

  limpid [start]                            run the platform
  limpid users list
  limpid users add ID [--email ADDRESS] [--password WORD] [--public]
  limpid users set-password ID [--password WORD]
  limpid users set-public ID [--private]
  limpid users disable ID [--enable]
  limpid models list
  limpid models pull [ID …]                 fetch the weights of built-in models
  limpid backup FOLDER                      write everything the instance keeps into a new folder
  limpid restore FOLDER                     fill an empty home from a backup
  limpid help

Settings come from the environment (LIMPID_PORT, LIMPID_HOME, …): see the README.`;

type Command = (config: Config, args: readonly string[]) => Promise<void>;

const COMMANDS: Readonly<Record<string, Command>> = {
  start: (config) => runAll(config),
  users: usersCommand,
  models: modelsCommand,
  backup: backupCommand,
  restore: restoreCommand,
};

async function main(argv: readonly string[]): Promise<void> {
  const [name = 'start', ...args] = argv;
  if (name === 'help' || name === '--help' || name === '-h') {
    console.log(USAGE);
    return;
  }
  const command = COMMANDS[name];
  if (!command) throw new UsageError(`There is no command '${name}'.\n\n${USAGE}`);
  await command(makeConfig(readEnv(process.env)), args);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const expected = error instanceof EnvError || error instanceof UsageError || isRefusal(error);
  console.error(expected ? `limpid: ${(error as Error).message}` : error);
  process.exitCode = expected ? 2 : 1;
});

/** A home that can not be used: in use, newer, damaged. The text says it all. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'HomeError';
}
