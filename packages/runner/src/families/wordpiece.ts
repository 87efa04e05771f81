const MAX_WORD = 100;

/** BERT's uncased WordPiece: text → token ids between [CLS] and [SEP]. */
export class WordPiece {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #unknown: number;
  readonly #first: number;
  readonly #last: number;

  /** `vocabulary` is one piece a line, the line number its id. */
  constructor(vocabulary: string) {
    const pieces = vocabulary.split('\n');
    if (pieces.at(-1) === '') pieces.pop();
    this.#ids = new Map(pieces.map((piece, id) => [piece.replace(/\r$/, ''), id]));
    this.#unknown = this.#need('[UNK]');
    this.#first = this.#need('[CLS]');
    this.#last = this.#need('[SEP]');
  }

  /** At most `maxTokens` ids, the two marks included; what is longer is cut. */
  encode(text: string, maxTokens: number): number[] {
    const ids = [this.#first];
    for (const word of splitWords(text)) {
      if (ids.length >= maxTokens - 1) break;
      this.#encodeWord(word, ids);
    }
    return [...ids.slice(0, maxTokens - 1), this.#last];
  }

  /** Longest piece first; a word that cannot be pieced together is one unknown token. */
  #encodeWord(word: string, ids: number[]): void {
    const letters = [...word];
    const found: number[] = [];
    for (let start = 0; start < letters.length; ) {
      let end = letters.length;
      let id: number | undefined;
      for (; end > start && id === undefined; end--) {
        const piece = letters.slice(start, end).join('');
        id = this.#ids.get(start === 0 ? piece : `##${piece}`);
      }
      if (id === undefined || letters.length > MAX_WORD) {
        ids.push(this.#unknown);
        return;
      }
      found.push(id);
      start = end + 1;
    }
    ids.push(...found);
  }

  #need(piece: string): number {
    const id = this.#ids.get(piece);
    if (id === undefined) throw new Error(`the vocabulary has no ${piece}`);
    return id;
  }
}

/** Lower case without accents, cut at white space, around punctuation and around each CJK character. */
function splitWords(text: string): string[] {
  const plain = text
    .replace(/[\p{Cc}\p{Cf}\p{Co}\uFFFD]/gu, (mark) => (/\s/.test(mark) ? ' ' : ''))
    .replace(/\p{Script=Han}/gu, ' $& ')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');
  return plain.match(/[!-/:-@[-`{-~]|\p{P}|[^\s!-/:-@[-`{-~\p{P}]+/gu) ?? [];
}
