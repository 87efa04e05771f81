import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { UserRow } from '@limpid/store/db/users';
import type { UserSchema } from '@limpid/wire';

interface StoredProfile {
  firstName?: string;
  lastName?: string;
  companyName?: string;
}

/** A user as clients see it. Personal details only go to the user. */
export function userMessage(user: UserRow, self: boolean): MessageInitShape<typeof UserSchema> {
  const profile = user.body as StoredProfile;
  const shared = {
    id: user.id,
    firstName: profile.firstName ?? '',
    lastName: profile.lastName ?? '',
    companyName: profile.companyName ?? '',
    createdAt: timestampFromDate(user.created_at),
    visibility: { gettable: user.visibility },
  };
  if (!self) return shared;
  const address = user.email ?? '';
  return {
    ...shared,
    primaryEmail: address,
    userDetail: {
      primaryEmail: address,
      emailAddresses: address ? [{ email: address, primary: true, verified: true }] : [],
    },
  };
}
