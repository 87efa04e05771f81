export * from './access/authority.ts';
export * from './access/scopes.ts';
export * from './access/visibility.ts';
export * from './page.ts';
export * from './patch/index.ts';
