export interface CurlOptions {
  address: string;
  key: string;
  model: string;
  /** What the model takes, as JSON. */
  inputs: Record<string, unknown>;
  /** What is really in it. */
  label: string;
  predictionId: string;
}

/** Five lines for a shell: agree, predict, tell, see what became of it, look at the figures. */
export function curlLines(options: CurlOptions): string[] {
  const { address, key, model, inputs, label, predictionId } = options;
  const feedbackId = `mine-${predictionId.slice(-12)}`;
  const post = (path: string, body: unknown) =>
    `curl -s ${address}${path} -H ${quoted(`Authorization: Bearer ${key}`)} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(body))}`;
  const get = (path: string) =>
    `curl -s ${address}${path} -H ${quoted(`Authorization: Bearer ${key}`)}`;
  return [
    post("/api/v1/subjects/me/consents", { purposes: { model_training: true } }),
    post(`/api/v1/models/${model}/predictions`, { id: predictionId, subject: "me", inputs }),
    post("/api/v1/feedback", {
      id: feedbackId,
      prediction_id: predictionId,
      correction: label,
      subject: "me",
    }),
    get(`/api/v1/feedback/${feedbackId}`),
    get(`/api/v1/models/${model}/overview`),
  ];
}

/** For a POSIX shell, whatever is in it. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
