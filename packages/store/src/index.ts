export * from './backup/index.ts';
export * from './blobs/index.ts';
export * from './db/index.ts';
export { createDiskGuard, type DiskGuard, defaultReserveBytes } from './home/space.ts';
export {
  foldersOf,
  type Home,
  type HomeFolders,
  type HomeMarker,
  type HomeOptions,
  homeFormat,
  openHome,
} from './home.ts';
export * from './jobs/index.ts';
export * from './launcher/index.ts';
export { type Log, silentLog } from './log.ts';
export { prepareDatabase } from './prepare.ts';
