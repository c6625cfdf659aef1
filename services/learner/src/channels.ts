import { channelNames, CHANNELS } from "@groundswell/contracts";
import { Redis } from "ioredis";

export interface ChannelOptions {
  redisUrl: string;
  /** Of the installation. */
  prefix: string;
  /** A model's ledger has something new. */
  onLedger: (modelId: string) => void;
  /** A model, or its champion, changed. */
  onModel: (modelId: string) => void;
  /** A server asks for all of a model's weights. */
  onWanted: (modelId: string) => void;
}

/** Redis carries only what can be said again: without it models learn all the same. */
export interface Channels {
  /** Rejects while Redis is away, or is slow to take what was published before: frames are skipped, never queued. */
  publish: (modelId: string, frame: Uint8Array) => Promise<void>;
  close: () => Promise<void>;
}

/** What may lie unsent in this process: a stalled Redis must not fill its memory. */
const MOST_UNSENT_BYTES = 64 * 1024 * 1024;

export function openChannels(options: ChannelOptions): Channels {
  const channel = channelNames(options.prefix);
  const subscriber = connect(options.redisUrl);
  const publisher = connect(options.redisUrl);
  const listeners = new Map([
    [channel(CHANNELS.ledger), options.onLedger],
    [channel(CHANNELS.models), options.onModel],
    [channel(CHANNELS.weightsWanted), options.onWanted],
  ]);
  subscriber.on("ready", () => {
    // A connection that is lost again is ready again later.
    subscriber.subscribe(...listeners.keys()).catch(() => {});
  });
  subscriber.on("message", (name: string, modelId: string) => listeners.get(name)?.(modelId));
  let unsent = 0;

  return {
    async publish(modelId, frame) {
      if (unsent > MOST_UNSENT_BYTES) throw new Error(`${unsent} bytes wait to be published`);
      unsent += frame.length;
      const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
      try {
        await publisher.publish(channel(CHANNELS.weights(modelId)), bytes);
      } finally {
        unsent -= frame.length;
      }
    },
    close: async () => {
      subscriber.disconnect();
      publisher.disconnect();
    },
  };
}

function connect(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  // ioredis reconnects by itself; unlistened, the event would end the process.
  redis.on("error", () => {});
  return redis;
}
