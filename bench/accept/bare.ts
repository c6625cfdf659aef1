/** The ceiling: a route that parses the same body, and does nothing with it. */
import fastify from "fastify";

const app = fastify();
app.post("/v1/batch", { bodyLimit: 1024 * 1024 }, async () => ({ success: true }));
const origin = await app.listen({ host: "127.0.0.1", port: 0 });
process.send?.({ ready: origin });
process.once("SIGTERM", () => void app.close().then(() => process.disconnect?.()));
