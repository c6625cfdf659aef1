import type { ModelView } from "@groundswell/contracts";

import { Card } from "../card/card.tsx";
import { CurlLines } from "./curl-lines.tsx";
import { curlPrediction } from "./curl.ts";

export function FirstPrediction({ model }: { model: ModelView }) {
  return (
    <Card
      title="No events yet"
      about="Ask the model for a prediction, show it to a user, and post back what the user did"
    >
      <div class="first-steps">
        <CurlLines
          name="Ask for a prediction"
          lines={curlPrediction(location.origin, model.name, model.recipe)}
        />
        <p class="dim">
          <code>KEY</code> is the key you signed in with. This page shows it as soon as it comes in.
        </p>
      </div>
    </Card>
  );
}
