// Step 6: the last touch that a message type needs before it leaves, wherever in the response it stands. Driven by
// the schema, so that no handler can forget it: a credential's secret, a media URL of ours.
import { type DescMessage, isMessage, type Message } from '@bufbuild/protobuf';
import type { Deps } from '../deps.ts';

export type Touch = (deps: Deps, message: Message) => void;
export type Touches = ReadonlyMap<string, Touch>;

/** Applies the touches registered for the message types that `message` holds. */
export function present(deps: Deps, touches: Touches, desc: DescMessage, message: Message): void {
  if (touches.size === 0 || !reaches(desc, touches)) return;
  touches.get(desc.typeName)?.(deps, message);
  for (const member of desc.members) {
    const value = (message as unknown as Record<string, unknown>)[member.localName];
    if (member.kind === 'oneof') {
      const { case: name, value: chosen } = value as { case?: string; value?: unknown };
      const field = member.fields.find((candidate) => candidate.localName === name);
      if (field?.message && isMessage(chosen)) present(deps, touches, field.message, chosen);
    } else if (member.fieldKind === 'message' && isMessage(value)) {
      present(deps, touches, member.message, value);
    } else if (member.fieldKind === 'list' && member.listKind === 'message') {
      for (const item of value as Message[]) present(deps, touches, member.message, item);
    } else if (member.fieldKind === 'map' && member.mapKind === 'message') {
      for (const item of Object.values(value as Record<string, Message>)) {
        present(deps, touches, member.message, item);
      }
    }
  }
}

const reachCache = new WeakMap<Touches, Map<string, boolean>>();

/** Whether a touched type can occur anywhere below `desc`; most responses hold none and are not walked at all. */
function reaches(desc: DescMessage, touches: Touches): boolean {
  let known = reachCache.get(touches);
  if (!known) {
    known = new Map();
    reachCache.set(touches, known);
  }
  const answer = known.get(desc.typeName);
  if (answer !== undefined) return answer;
  const seen = new Set<string>();
  const queue: DescMessage[] = [desc];
  for (let next = queue.pop(); next; next = queue.pop()) {
    if (seen.has(next.typeName)) continue;
    seen.add(next.typeName);
    for (const field of next.fields) if (field.message) queue.push(field.message);
  }
  const found = [...touches.keys()].some((typeName) => seen.has(typeName));
  known.set(desc.typeName, found);
  return found;
}
