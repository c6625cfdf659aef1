import type { LiveRow } from "@groundswell/contracts";

import { CurlLines } from "./curl-lines.tsx";
import { curlConsent, curlFeedback } from "./curl.ts";

/** Shown while nobody has said anything about the predictions yet. */
export function FirstFeedback({ of }: { of: LiveRow }) {
  const { origin } = location;
  return (
    <div class="first-steps">
      <p>
        No feedback yet. It teaches where its user agreed; <code>KEY</code> is the key you signed in
        with.
      </p>
      <CurlLines name="A user agrees to training" lines={curlConsent(origin)} />
      <CurlLines
        name="Say what the newest prediction should have been"
        lines={curlFeedback(origin, of)}
      />
    </div>
  );
}
