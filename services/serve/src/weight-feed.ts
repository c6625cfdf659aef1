import { CHANNELS } from "@groundswell/contracts";
import { decodeFrame, type Frame, FrameError } from "@groundswell/models";
import { Redis } from "ioredis";

export interface WeightFeedOptions {
  redisUrl: string;
  /** Names a channel under the installation's prefix. */
  channel: (name: string) => string;
  onFrame: (frame: Frame) => void;
  /** Told of damaged frames; lost connections come back by themselves. */
  onTrouble: (reason: string) => void;
}

/** Weights of models as their learners publish them. Without Redis nothing comes, and nothing fails. */
export interface WeightFeed {
  follow: (modelId: string) => void;
  unfollow: (modelId: string) => void;
  /** Asks the learner for the whole, and again, ever less often, until it came. */
  wantWhole: (modelId: string) => void;
  cameWhole: (modelId: string) => void;
  close: () => void;
}

const LEAST_WAIT_MS = 250;
const MOST_WAIT_MS = 30_000;

export function openWeightFeed(options: WeightFeedOptions): WeightFeed {
  const { redisUrl, channel, onFrame, onTrouble } = options;
  const followed = new Map<string, string>();
  const asking = new Map<string, { timer: NodeJS.Timeout; waitMs: number }>();
  const subscriber = connect(redisUrl);
  const publisher = connect(redisUrl);

  const ask = (modelId: string, waitMs: number) => {
    // A failed ask is asked again by the timer.
    publisher.publish(channel(CHANNELS.weightsWanted), modelId).catch(() => {});
    const timer = setTimeout(() => ask(modelId, Math.min(2 * waitMs, MOST_WAIT_MS)), waitMs);
    asking.set(modelId, { timer, waitMs });
  };
  const stopAsking = (modelId: string) => {
    clearTimeout(asking.get(modelId)?.timer);
    asking.delete(modelId);
  };
  const subscribe = async (name: string, modelId: string) => {
    // Without a connection it fails; `ready` subscribes to all again.
    await subscriber.subscribe(name).catch(() => {});
    if (followed.has(modelId)) restartAsking(modelId);
  };
  const restartAsking = (modelId: string) => {
    stopAsking(modelId);
    ask(modelId, LEAST_WAIT_MS);
  };

  // Whatever was published while the connection was away is lost: begin with a whole.
  subscriber.on("ready", () => {
    for (const [modelId, name] of followed) void subscribe(name, modelId);
  });
  subscriber.on("messageBuffer", (_channel: Buffer, message: Buffer) => {
    try {
      onFrame(decodeFrame(message));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      onTrouble(error.message);
    }
  });

  return {
    follow(modelId) {
      const name = channel(CHANNELS.weights(modelId));
      followed.set(modelId, name);
      void subscribe(name, modelId);
    },
    unfollow(modelId) {
      const name = followed.get(modelId);
      followed.delete(modelId);
      stopAsking(modelId);
      if (name !== undefined) subscriber.unsubscribe(name).catch(() => {}); // gone with the connection
    },
    wantWhole(modelId) {
      if (followed.has(modelId) && !asking.has(modelId)) ask(modelId, LEAST_WAIT_MS);
    },
    cameWhole: stopAsking,
    close() {
      for (const modelId of asking.keys()) stopAsking(modelId);
      followed.clear();
      subscriber.disconnect();
      publisher.disconnect();
    },
  };
}

function connect(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    autoResubscribe: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  // ioredis reconnects by itself; unlistened, the event would end the thread.
  redis.on("error", () => {});
  return redis;
}
