/**
 * Where operators can run. "cpu" is always there; the others need libraries and devices of
 * their machine: "cuda" and "tensorrt" the runtime's GPU build, "webgpu" a Vulkan, Metal or
 * Direct3D driver, "coreml" macOS, "dml" Windows.
 */
export const PROVIDERS = ["cpu", "cuda", "tensorrt", "webgpu", "coreml", "dml"] as const;

export type Provider = (typeof PROVIDERS)[number];

/** A provider that was wanted and isn't to be had, and the runtime's words for why. */
export interface ProviderFallback {
  readonly provider: Provider;
  readonly reason: string;
}

export interface ProviderChoice {
  /**
   * The first with which the model loads is taken; operators that it doesn't have go to those
   * after it, and in the end to the CPU. Default: ["cpu"].
   */
  readonly providers?: readonly Provider[] | undefined;
  /** Told of each one that is passed over, for logs and metrics. */
  readonly onFallback?: ((fallback: ProviderFallback) => void) | undefined;
}

/**
 * Tries to load with each provider in turn, and those after it.
 * @throws what `load` threw for the last of them
 */
export function firstOf<T>(
  { providers = ["cpu"], onFallback }: ProviderChoice,
  load: (providers: readonly Provider[]) => T,
): { readonly provider: Provider; readonly loaded: T } {
  let failure: unknown = new TypeError("The list of providers is empty");
  for (const [index, provider] of providers.entries()) {
    try {
      return { provider, loaded: load(providers.slice(index)) };
    } catch (error) {
      failure = error;
      // What fails with the last one is a failure, not a fall back.
      if (index === providers.length - 1) break;
      onFallback?.({ provider, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  throw failure;
}
