import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";

/** Pages of any origin may post here: what they may do is their key's matter, and no cookie counts. */
export function openToBrowsers(app: FastifyInstance): void {
  void app.register(cors, {
    origin: "*",
    methods: ["POST"],
    allowedHeaders: ["Authorization", "Content-Type", "Idempotency-Key", "X-Retry-Count"],
    exposedHeaders: ["Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id"],
    maxAge: 600,
  });
}
