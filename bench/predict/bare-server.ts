/**
 * What a server could do at most that takes the same request: fastify, the body parsed, the
 * picture out of its base64. Nothing is predicted or stored.
 */
import fastify from "fastify";

const app = fastify();
const answer = {
  prediction_id: "019adf00-0000-7000-8000-000000000000",
  model: "digits",
  model_version: 1,
  learned_through: 0,
  output: {
    label: "class 3",
    probability: 0.997,
    classes: Array.from({ length: 10 }, (_, k) => ({ label: `class ${k}`, probability: 0.1 })),
  },
};
app.post<{ Body: { inputs: { image: { b64: string } } } }>("/bare", async ({ body }) => {
  if (Buffer.from(body.inputs.image.b64, "base64").length === 0) throw new Error("no picture");
  return answer;
});
process.send?.({ ready: await app.listen({ host: "127.0.0.1", port: 0 }) });
