// Puts what the instance offers into its database. Idempotent: every start does it, and a later release upgrades.
import { lockParent, transaction } from '@limpid/store';
import type { Deps } from '../deps.ts';
import { seedModel } from './seed-model.ts';
import { nodesOf, seedWorkflow } from './seed-workflow.ts';
import { ensureSharedApp } from './shared-app.ts';
import type { Catalogue } from './types.ts';

export type SeedDeps = Pick<Deps, 'db' | 'random' | 'clock' | 'log'>;

/**
 * Makes user `clarifai`, app `main`, and in it the models and workflows of the catalogue. What a former catalogue had
 * and this one has not stays: workflows of users may stand on it.
 */
export async function seedCatalogue(deps: SeedDeps, catalogue: Catalogue): Promise<void> {
  const scope = await ensureSharedApp(deps.db);
  await transaction(deps.db, async (tx) => {
    // Two processes may start on one database.
    await lockParent('seed', scope.appKey).execute(tx);
    const versions = new Map<string, Map<string, bigint>>();
    for (const model of catalogue.models) {
      versions.set(model.id, await seedModel(tx, scope, model, deps.clock()));
    }
    for (const workflow of catalogue.workflows) {
      const nodes = nodesOf(workflow, catalogue.models, versions);
      await seedWorkflow(tx, scope, workflow, nodes, deps.random);
    }
  });
  const { models, workflows } = catalogue;
  deps.log.info({ models: models.length, workflows: workflows.length }, 'catalogue seeded');
}
