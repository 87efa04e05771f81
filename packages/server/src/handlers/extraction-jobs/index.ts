import { CancelInputsExtractionJobs } from './CancelInputsExtractionJobs.ts';
import { GetInputsExtractionJob } from './GetInputsExtractionJob.ts';
import { ListInputsExtractionJobs } from './ListInputsExtractionJobs.ts';
import { PostInputsUploads } from './PostInputsUploads.ts';

export const extractionJobs = {
  CancelInputsExtractionJobs,
  GetInputsExtractionJob,
  ListInputsExtractionJobs,
  PostInputsUploads,
};
