import { channelNames } from "@groundswell/contracts";
import { Redis } from "ioredis";

/** Wakes other services. News that is lost costs time only: everybody also looks by themselves. */
export interface News {
  /** @param channel of `CHANNELS` */
  tell: (channel: string, messages: Iterable<string>) => void;
  close: () => Promise<void>;
}

const ANSWER_WITHIN_MS = 2_000;

export function openNews(redisUrl: string, { prefix }: { prefix: string }): News {
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    commandTimeout: ANSWER_WITHIN_MS,
  });
  // Unlistened, a lost connection would end the process; it comes back by itself.
  redis.on("error", () => {});
  const named = channelNames(prefix);
  return {
    tell: (channel, messages) => {
      for (const message of messages) redis.publish(named(channel), message).catch(() => {}); // news may be lost, see above
    },
    close: async () => redis.disconnect(),
  };
}
