import { PostWorkflowResults } from './PostWorkflowResults.ts';

export const workflowResults = { PostWorkflowResults };
