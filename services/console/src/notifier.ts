import { channelNames } from "@groundswell/contracts";
import { Redis } from "ioredis";

export interface Notifier {
  /** Wakes whoever listens. Never fails: they also look by themselves. */
  notify: (channel: string, message: string) => void;
  close: () => Promise<void>;
}

interface NotifierOptions {
  prefix: string;
  onError: (error: Error) => void;
}

export function connectNotifier(redisUrl: string, { prefix, onError }: NotifierOptions): Notifier {
  // A word that comes late is worth nothing: none is kept for a Redis that is away.
  const redis = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  const channelOf = channelNames(prefix);
  redis.on("error", onError);
  return {
    notify: (channel, message) => {
      redis.publish(channelOf(channel), message).catch(onError);
    },
    close: async () => redis.disconnect(),
  };
}
