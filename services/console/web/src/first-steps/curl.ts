import type { LiveRow, RecipeName } from "@groundswell/contracts";

/** Lines to paste into a shell where `KEY` holds the key. */
const post = (method: string, url: string, body: string) =>
  [
    `curl -X ${method} ${url} \\`,
    `  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\`,
    `  -d ${body}`,
  ].join("\n");

const quoted = (value: unknown) => `'${JSON.stringify(value).replaceAll("'", "'\\''")}'`;

export const curlModel = (origin: string): string =>
  post(
    "PUT",
    `${origin}/api/v1/models/sentiment`,
    quoted({ recipe: "text-classifier", classes: ["good", "bad"] }),
  );

export function curlPrediction(origin: string, model: string, recipe: RecipeName): string {
  const url = `${origin}/api/v1/models/${model}/predictions`;
  if (recipe === "image-classifier")
    return post(
      "POST",
      url,
      `"{\\"subject\\": \\"user-1\\", \\"inputs\\": {\\"image\\": {\\"b64\\": \\"$(base64 < picture.png | tr -d '\\n')\\"}}}"`,
    );
  return post("POST", url, quoted({ subject: "user-1", inputs: { text: "I like it" } }));
}

export const curlConsent = (origin: string): string =>
  post(
    "POST",
    `${origin}/api/v1/subjects/user-1/consents`,
    quoted({ purposes: { model_training: true } }),
  );

export const curlFeedback = (
  origin: string,
  { prediction_id, label }: Pick<LiveRow, "prediction_id" | "label">,
): string =>
  post(
    "POST",
    `${origin}/api/v1/feedback`,
    quoted({ id: "feedback-1", prediction_id, correction: label }),
  );
