import type { CheckpointRecord, ModelRecord, VersionRecord } from "@groundswell/models";

/** A model, and the version that its champion begins from. */
export interface ServedEntry {
  model: ModelRecord;
  champion: VersionRecord;
}

/** What serving reads of the registry. */
export interface RegistryReader {
  champion: (projectId: string, name: string) => Promise<ServedEntry | undefined>;
  version: (
    projectId: string,
    modelId: string,
    number: number,
  ) => Promise<VersionRecord | undefined>;
  newestCheckpoint: (projectId: string, modelId: string) => Promise<CheckpointRecord | undefined>;
}

export interface ModelDirectory {
  /** @throws what the reader throws where nothing recent enough is remembered */
  find: (projectId: string, name: string) => Promise<ServedEntry | undefined>;
  version: (model: ModelRecord, number: number) => Promise<VersionRecord | undefined>;
  /** Reads a model again that somebody says has changed; undefined where nobody asked for it yet. */
  refresh: (modelId: string) => Promise<ServedEntry | undefined>;
}

interface Remembered {
  entry: ServedEntry | undefined;
  /** When it was read. */
  at: number;
  reading: Promise<ServedEntry | undefined> | undefined;
}

const FRESH_MS = 1_000;
/** While PostgreSQL is away, models go on from memory for so long. */
const STALE_MS = 60_000;
const MOST = 10_000;

/** Remembers models: answers from memory, and reads again beside it what is older than a second. */
export function createModelDirectory(reader: RegistryReader, clock: () => number): ModelDirectory {
  const models = new Map<string, Remembered>();
  const versions = new Map<string, VersionRecord>();
  const keyOf = (projectId: string, name: string) => `${projectId}/${name}`;

  const read = (projectId: string, name: string, known: Remembered | undefined) => {
    const key = keyOf(projectId, name);
    const remembered = known ?? { entry: undefined, at: -Infinity, reading: undefined };
    remembered.reading ??= reader.champion(projectId, name).then(
      (entry) => {
        Object.assign(remembered, { entry, at: clock(), reading: undefined });
        return entry;
      },
      (error: unknown) => {
        remembered.reading = undefined;
        if (remembered.entry && clock() - remembered.at < STALE_MS) return remembered.entry;
        throw error;
      },
    );
    if (models.size >= MOST) models.clear();
    models.set(key, remembered);
    return remembered.reading;
  };

  return {
    find(projectId, name) {
      const known = models.get(keyOf(projectId, name));
      const age = known ? clock() - known.at : Infinity;
      if (known && age < FRESH_MS) return Promise.resolve(known.entry);
      const reading = read(projectId, name, known);
      if (!known?.entry || age >= STALE_MS) return reading;
      // Its failure is met again by whoever asks when the memory is too old.
      reading.catch(() => {});
      return Promise.resolve(known.entry);
    },
    async version({ projectId, modelId }, number) {
      const key = `${modelId}/${number}`;
      const known = versions.get(key) ?? (await reader.version(projectId, modelId, number));
      if (versions.size >= MOST) versions.clear();
      if (known) versions.set(key, known);
      return known;
    },
    async refresh(modelId) {
      for (const known of models.values())
        if (known.entry?.model.modelId === modelId) {
          // What is being read now may have begun before the change.
          await known.reading;
          return read(known.entry.model.projectId, known.entry.model.name, known);
        }
      return undefined;
    },
  };
}
