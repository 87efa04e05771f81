import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { MemberRow } from '@limpid/store/db/datasets';
import { getInputsByKey } from '@limpid/store/db/inputs';
import { create, type DatasetInput, DatasetInputSchema } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { presentInputs } from '../../present/inputs.ts';

/** Members with their inputs, in the order of the rows. */
export async function memberMessages(
  call: Call<'app'>,
  members: readonly MemberRow[],
): Promise<DatasetInput[]> {
  const rows = await getInputsByKey(
    call.deps.db,
    call.scope,
    members.map(({ input_key: key }) => key),
  );
  const inputs = await presentInputs(call, rows);
  return rows.flatMap((row, index) => {
    const member = members.find(({ input_key: key }) => key === row.key);
    const input = inputs[index];
    if (!member || !input) return [];
    return [create(DatasetInputSchema, { createdAt: timestampFromDate(member.added_at), input })];
  });
}
