import { Busy } from "@groundswell/contracts";

export interface LoadedModelsOptions {
  /** How many are held; the one asked longest ago makes room. */
  most: number;
  clock: () => number;
  forget: (key: string) => void;
  onFailure: (key: string, error: unknown) => void;
}

/** Which models are held, and which version of each. */
export interface LoadedModels {
  /**
   * Resolves when some version is held. While another one than that is wanted, `load` brings it
   * beside the one held, which goes on until then, or for good where the other can't be loaded.
   *
   * @param load told whether nothing is held yet
   * @throws Busy where nothing is held and `load` failed, now or a moment ago
   */
  ensure: (key: string, version: number, load: (first: boolean) => Promise<void>) => Promise<void>;
  /** Everything that was held is gone. */
  clear: () => void;
}

interface Slot {
  /** What was loaded last; null before the first. */
  version: number | null;
  loading: Promise<void> | undefined;
  failed: { version: number; at: number } | undefined;
  usedAt: number;
}

const RETRY_MS = 5_000;
/** A model that was asked this recently may have requests under way: it isn't put out. */
const IN_USE_MS = 30_000;

export function createLoadedModels(options: LoadedModelsOptions): LoadedModels {
  const { most, clock, forget, onFailure } = options;
  // In order of use: the last was used last.
  const slots = new Map<string, Slot>();

  const use = (key: string): Slot => {
    const slot = slots.get(key) ?? {
      version: null,
      loading: undefined,
      failed: undefined,
      usedAt: 0,
    };
    slot.usedAt = clock();
    slots.delete(key);
    slots.set(key, slot);
    return slot;
  };
  const makeRoom = () => {
    for (const [key, { loading, usedAt }] of [...slots].slice(0, -most)) {
      if (loading || clock() - usedAt < IN_USE_MS) continue;
      slots.delete(key);
      forget(key);
    }
  };
  const bring = async (key: string, slot: Slot, version: number, work: Promise<void>) => {
    try {
      await work;
      Object.assign(slot, { version, failed: undefined });
      makeRoom();
    } catch (cause) {
      slot.failed = { version, at: clock() };
      onFailure(key, cause);
      throw notNow(version, cause);
    } finally {
      slot.loading = undefined;
    }
  };
  const failedJustNow = ({ failed }: Slot, version: number) =>
    failed?.version === version && clock() - failed.at < RETRY_MS;

  return {
    async ensure(key, version, load) {
      const slot = use(key);
      if (slot.version === version) return;
      if (!slot.loading && !failedJustNow(slot, version))
        slot.loading = bring(key, slot, version, load(slot.version === null));
      if (slot.version === null) {
        if (!slot.loading) throw notNow(version, undefined);
        await slot.loading;
      } else slot.loading?.catch(() => {}); // has been told to onFailure; what is held goes on
    },
    clear: () => slots.clear(),
  };
}

function notNow(version: number, cause: unknown): Error {
  return new Busy(`Version ${version} can't be loaded at the moment: try again`, {
    cause,
    retryAfter: RETRY_MS / 1_000,
  });
}
