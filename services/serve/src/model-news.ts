import { CHANNELS } from "@groundswell/contracts";
import { Redis } from "ioredis";

/** Told which models changed. Without Redis nothing is told, and models are read again each second. */
export function openModelNews(
  redisUrl: string,
  channel: (name: string) => string,
  onChange: (modelId: string) => void,
): { close: () => Promise<void> } {
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    autoResubscribe: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  // ioredis reconnects by itself; unlistened, the event would end the process.
  redis.on("error", () => {});
  redis.on("ready", () => {
    // A connection that is lost again is ready again later.
    redis.subscribe(channel(CHANNELS.models)).catch(() => {});
  });
  redis.on("message", (_channel: string, modelId: string) => onChange(modelId));
  return {
    close: async () => redis.disconnect(),
  };
}
