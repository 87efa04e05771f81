import { configureDecoding } from '../media/decode.ts';
import { PixelCache } from '../media/pixel-cache.ts';
import { weightPack } from '../models/catalogue.ts';
import imageSpace from '../models/data/image-space.json' with { type: 'json' };
import textSpace from '../models/data/text-space.json' with { type: 'json' };
import type { ModelManifest } from '../models/manifest.ts';
import { pulledDir } from '../models/pull.ts';
import { ClusterSpace } from './cluster-space.ts';
import { createClusterer } from './clusterer.ts';
import { createColorClassifier } from './color-classifier.ts';
import { openFaceDetector } from './face-detector.ts';
import { createImageClassifier } from './image-classifier.ts';
import { createImageEmbedder, embedFeatures } from './image-embedder.ts';
import { openImageModerator } from './image-moderator.ts';
import { ImageTrunk } from './image-trunk.ts';
import { createJointEmbedder } from './joint-embedder.ts';
import { JointSpace } from './joint-space.ts';
import { MiniLm } from './minilm.ts';
import { createObjectDetector } from './object-detector.ts';
import { ObjectNetwork } from './object-network.ts';
import { refuseKind } from './predict-each.ts';
import { createTextEmbedder } from './text-embedder.ts';
import { openTextReader } from './text-reader.ts';
import type { LoadedModel } from './types.ts';

export interface ModelHostOptions {
  /** The folder that `pullModel` fills. */
  readonly modelsDir: string;
  /** Threads of each network. */
  readonly threads: number;
  /** Room for decoded pixels; 64 MiB when absent. */
  readonly pixelCacheBytes?: number;
}

/**
 * The models of one process. Networks are opened on first use and shared, and an image is decoded
 * and seen once for all models that ask for it.
 */
export class ModelHost implements AsyncDisposable {
  readonly #options: ModelHostOptions;
  readonly #pixels: PixelCache;
  readonly #shared = new Map<string, Promise<AsyncDisposable>>();
  readonly #loaded = new Map<string, Promise<LoadedModel>>();

  constructor(options: ModelHostOptions) {
    this.#options = options;
    this.#pixels = new PixelCache(options.pixelCacheBytes ?? 64 << 20);
    configureDecoding();
  }

  /**
   * Opens a model, once for all who ask; it lives as long as the host. Rejects with `ModelError`
   * `not-pulled` when its weights are not there.
   */
  load(manifest: ModelManifest): Promise<LoadedModel> {
    const known = this.#loaded.get(manifest.id);
    if (known) return known;
    const model = this.#open(manifest);
    this.#loaded.set(manifest.id, model);
    model.catch(() => this.#loaded.delete(manifest.id));
    return model;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of [...this.#loaded.values(), ...this.#shared.values()]) {
      await (await opening)[Symbol.asyncDispose]();
    }
    this.#loaded.clear();
    this.#shared.clear();
  }

  async #open(manifest: ModelManifest): Promise<LoadedModel> {
    const { threads } = this.#options;
    switch (manifest.family) {
      case 'image-classifier':
        return createImageClassifier(manifest, await this.#trunk(), await this.#objects());
      case 'image-embedder':
        return createImageEmbedder(manifest, await this.#trunk(), imageMean());
      case 'image-clusterer':
        return this.#imageClusterer(manifest);
      case 'image-moderator':
        return openImageModerator(manifest, this.#dir(manifest), threads, this.#pixels);
      case 'object-detector':
        return createObjectDetector(manifest, await this.#objects());
      case 'face-detector':
        return openFaceDetector(manifest, this.#dir(manifest), threads, this.#pixels);
      case 'text-embedder':
        return createTextEmbedder(manifest, await this.#sentences());
      case 'text-clusterer':
        return this.#textClusterer(manifest);
      case 'joint-embedder': {
        const space = await JointSpace.open(this.#pack('imagenet-text-space'));
        return createJointEmbedder(manifest, space, await this.#trunk(), await this.#sentences());
      }
      case 'color-classifier':
        return createColorClassifier(manifest, this.#pixels);
      case 'text-reader':
        return openTextReader(manifest, this.#dir(manifest), threads);
      default:
        return manifest.family satisfies never;
    }
  }

  async #imageClusterer(manifest: ModelManifest): Promise<LoadedModel> {
    const trunk = await this.#trunk();
    const mean = imageMean();
    return createClusterer(manifest, new ClusterSpace(imageSpace.clusters), async (input) => {
      if (input.kind !== 'image') return refuseKind(input, 'images and embeddings');
      return embedFeatures((await trunk.see(input.bytes)).features, mean);
    });
  }

  async #textClusterer(manifest: ModelManifest): Promise<LoadedModel> {
    const network = await this.#sentences();
    return createClusterer(manifest, new ClusterSpace(textSpace.clusters), async (input) => {
      if (input.kind !== 'text') return refuseKind(input, 'text and embeddings');
      return network.embed(input.text);
    });
  }

  #trunk(): Promise<ImageTrunk> {
    return this.#share('efficientnet-lite0', (dir) =>
      ImageTrunk.open(dir, this.#options.threads, this.#pixels),
    );
  }

  #objects(): Promise<ObjectNetwork> {
    return this.#share('ssdlite-mobilenet-v2-coco', (dir) =>
      ObjectNetwork.open(dir, this.#options.threads, this.#pixels),
    );
  }

  #sentences(): Promise<MiniLm> {
    return this.#share('minilm-l6-v2', (dir) => MiniLm.open(dir, this.#options.threads));
  }

  #share<T extends AsyncDisposable>(pack: string, open: (dir: string) => Promise<T>): Promise<T> {
    // Each pack id is only ever opened as one type, by the methods above.
    const known = this.#shared.get(pack) as Promise<T> | undefined;
    if (known) return known;
    const opening = open(this.#pack(pack));
    this.#shared.set(pack, opening);
    opening.catch(() => this.#shared.delete(pack));
    return opening;
  }

  #dir(manifest: ModelManifest): string {
    return this.#pack(manifest.packs[0] ?? '');
  }

  #pack(id: string): string {
    return pulledDir(this.#options.modelsDir, weightPack(id));
  }
}

function imageMean(): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(imageSpace.mean, 'base64')).buffer);
}
