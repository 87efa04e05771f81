/** Closes what was opened, last first. What fails to close is reported after the rest has closed. */
export interface Closing extends AsyncDisposable {
  add<T extends AsyncDisposable>(resource: T): T;
  close(): Promise<void>;
}

export function createClosing(): Closing {
  const open: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    const errors: unknown[] = [];
    for (let next = open.pop(); next; next = open.pop()) {
      try {
        await next[Symbol.asyncDispose]();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Closing failed');
  };
  return {
    add: (resource) => {
      open.push(resource);
      return resource;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
