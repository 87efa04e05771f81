import { GetUser } from './GetUser.ts';

export const users = { GetUser };
