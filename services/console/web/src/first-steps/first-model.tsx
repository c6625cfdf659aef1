import { Card } from "../card/card.tsx";
import { CurlLines } from "./curl-lines.tsx";
import { curlModel } from "./curl.ts";

export function FirstModel() {
  return (
    <Card title="No model yet" about="A model is a name, a recipe and its classes; it begins empty">
      <div class="first-steps">
        <CurlLines name="Make one" lines={curlModel(location.origin)} />
        <p class="dim">
          <code>KEY</code> is the key you signed in with. Every route is described in the{" "}
          <a href="/docs">API reference</a>.
        </p>
      </div>
    </Card>
  );
}
