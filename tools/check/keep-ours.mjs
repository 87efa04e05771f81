// How our bundles and the runtime graph resolve imports.
import path from 'node:path';

/** Bundles what is ours and leaves every dependency outside. */
export function keepOurs(root) {
  return {
    name: 'keep-ours',
    setup(builder) {
      builder.onResolve({ filter: /^[^./]/ }, ({ path: specifier, kind }) => {
        if (kind === 'entry-point') return undefined;
        const ours = /^@limpid\/([^/]+)(?:\/(.+))?$/.exec(specifier);
        if (!ours) return { path: specifier, external: true };
        const folder = ours[1] === 'platform' ? 'apps/platform' : `packages/${ours[1]}`;
        return { path: path.join(root, folder, 'src', `${ours[2] ?? 'index'}.ts`) };
      });
    },
  };
}
