// The rows that `clarifai model local-runner` reads and writes before it serves, kept in memory.

import { randomBytes } from 'node:crypto';
import {
  type Message,
  modelNotFound,
  newUuid,
  notFound,
  StatusCode,
  type StatusError,
} from '@limpid/wire';

// Each RPC is read by field name alone: a table of forty message types would say the same at ten times the length.
type Fields = Record<string, unknown>;
type Row = Fields & { id: string };

/** Answers without status; throws a StatusError for what is not there. */
export function createResources(): (rpc: string, request: Message) => Fields {
  const rows = new Map<string, Row>();
  const put = (kind: string, row: Row): Row => {
    // Without its type name it is an initializer, whose plain parts are made into messages.
    const kept = { ...row, $typeName: undefined };
    rows.set(`${kind}/${row.id}`, kept);
    return kept;
  };
  const get = (kind: string, id: unknown, missing: () => StatusError = notFound): Row => {
    const row = rows.get(`${kind}/${id}`);
    if (!row) throw missing();
    return row;
  };
  const list = (value: unknown): Row[] => value as Row[];
  const appOf = (request: Fields): Fields => request.userAppId as Fields;

  const answers: Record<string, (request: Fields) => Fields> = {
    GetUser: () => ({ user: { id: 'u' } }),
    GetComputeCluster: (r) => ({ computeCluster: get('cluster', r.computeClusterId) }),
    PostComputeClusters: (r) => ({
      computeClusters: list(r.computeClusters).map((row) =>
        put('cluster', { ...row, userId: 'u', key: undefined }),
      ),
    }),
    GetNodepool: (r) => ({ nodepool: get('nodepool', r.nodepoolId) }),
    PostNodepools: (r) => ({ nodepools: list(r.nodepools).map((row) => put('nodepool', row)) }),
    GetApp: (r) => ({ app: get('app', appOf(r).appId) }),
    PostApps: (r) => ({ apps: list(r.apps).map((row) => put('app', { ...row, userId: 'u' })) }),
    PatchApp: (r) => ({ app: get('app', appOf(r).appId) }),
    GetModel: (r) => ({ model: get('model', r.modelId, modelNotFound) }),
    PostModels: (r) => {
      const models = list(r.models).map((row) =>
        put('model', { ...row, userId: 'u', appId: appOf(r).appId, name: row.id }),
      );
      return { model: models[0], models };
    },
    PatchModels: (r) => ({ models: list(r.models).map(({ id }) => get('model', id)) }),
    PostModelVersions: (r) => {
      const model = get('model', r.modelId);
      const [given] = list(r.modelVersions);
      const id = randomBytes(16).toString('hex');
      const version = put('version', {
        ...given,
        id,
        userId: 'u',
        appId: model.appId,
        status: { code: StatusCode.MODEL_TRAINED },
      });
      return { model: put('model', { ...model, modelVersion: version }) };
    },
    PatchModelVersions: (r) => ({
      modelVersions: list(r.modelVersions).map(({ id }) => get('version', id)),
    }),
    GetModelVersion: (r) => ({
      modelVersion: r.versionId
        ? get('version', r.versionId)
        : get('model', r.modelId, modelNotFound).modelVersion,
    }),
    ListRunners: (r) => ({
      runners:
        Number(r.page) > 1
          ? []
          : [...rows].flatMap(([key, row]) => (key.startsWith('runner/') ? [row] : [])),
    }),
    PostRunners: (r) => ({
      runners: list(r.runners).map((row) =>
        put('runner', {
          ...row,
          id: newUuid(() => randomBytes(16)),
          nodepool: get('nodepool', r.nodepoolId),
        }),
      ),
    }),
    GetRunner: (r) => ({ runner: get('runner', r.runnerId) }),
    GetDeployment: (r) => ({ deployment: get('deployment', r.deploymentId) }),
    PostDeployments: (r) => ({
      deployments: list(r.deployments).map((row) => put('deployment', { ...row, userId: 'u' })),
    }),
    PatchDeployments: (r) => ({
      deployments: list(r.deployments).map(({ id }) => get('deployment', id)),
    }),
  };
  return (rpc, request) => {
    const answer = answers[rpc];
    if (!answer) throw notFound(rpc);
    return answer(request as unknown as Fields);
  };
}
