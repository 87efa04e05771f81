export {
  type CallOptions,
  defineJob,
  type JobCall,
  type JobOptions,
  type JobType,
} from './define.ts';
export { enqueue } from './enqueue.ts';
export { handleJob, type JobContext, type JobHandler } from './handler.ts';
export { installJobs } from './install.ts';
export { startWorker, type Worker, type WorkerOptions } from './worker.ts';
