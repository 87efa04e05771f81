// Search by words, as lists of models, workflows and the like offer it.
import { type RawBuilder, sql } from 'kysely';
import { likeOf } from './apps.ts';

type Text = RawBuilder<unknown>;

/** Whether each word of `search` begins a word of the text, or is another form of one. */
export function fitsWords(text: Text, search: string): RawBuilder<boolean> | undefined {
  const words = search.split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  const fits = words.map((word) => {
    const prefix = `(^|[^[:alnum:]])${word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`;
    return sql<boolean>`(${text} ~* ${prefix} or to_tsvector('english', ${text}) @@ plainto_tsquery('english', ${word}))`;
  });
  return sql`(${sql.join(fits, sql` and `)})`;
}

/** Whether the text fits a query of full words, with OR between alternatives and - before what it must not hold. */
export function fitsQuery(text: Text, query: string): RawBuilder<boolean> | undefined {
  if (query.trim() === '') return undefined;
  return sql`to_tsvector('simple', ${text}) @@ websearch_to_tsquery('simple', ${query})`;
}

/** Whether one of the texts is like the pattern, in which * stands for anything. */
export function fitsPattern(
  texts: readonly Text[],
  pattern: string,
): RawBuilder<boolean> | undefined {
  if (pattern === '') return undefined;
  const like = likeOf(pattern);
  return sql`(${sql.join(
    texts.map((text) => sql`${text} ilike ${like}`),
    sql` or `,
  )})`;
}

/** How well the text fits, to be ordered by: the higher the better. */
export function relevance(id: Text, text: Text, search: string): RawBuilder<number> {
  const like = likeOf(search.trim());
  return sql`case when ${id} ilike ${like} then 2 when ${id} ilike ${`${like}%`} then 1 else
    ts_rank(to_tsvector('english', ${text}), plainto_tsquery('english', ${search})) end`;
}
