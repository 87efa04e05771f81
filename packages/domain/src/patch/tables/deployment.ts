import { DeploymentSchema } from '@limpid/wire';
import { definePatch, every, kept, readOnly } from '../spec.ts';

// The worker is what runs now; a patch states the one that shall run. ENABLED is the zero of its enum, so a
// patch that carries nothing but ids can only have meant it.
export const deploymentPatch = definePatch(DeploymentSchema, ['overwrite'], {
  ...every(readOnly, 'id', 'userId', 'createdAt', 'modifiedAt', 'worker', 'deploymentMetrics'),
  ...every(kept, 'description', 'metadata', 'visibility', 'desiredWorker', 'autoscaleConfig'),
  ...every(kept, 'nodepools', 'deploymentNodepools', 'schedulingChoice', 'specialHandling'),
  ...every(kept, 'deployLatestVersion', 'gracefulDeploy', 'emailReminderAfter'),
  status: { ...kept, alone: true },
});
