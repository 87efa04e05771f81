import type { ModelTypeManifest } from '../manifest.ts';

export const mcp: ModelTypeManifest = {
  id: 'mcp',
  title: 'MCP Server',
  description: 'A Model Context Protocol server that runs as a model and offers tools.',
  kind: 'model',
  inputs: ['any'],
  outputs: ['any'],
};
