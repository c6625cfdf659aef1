import "./first-steps.css";
import { useState } from "preact/hooks";

/** Lines for a shell, with a button that copies them. */
export function CurlLines({ name, lines }: { name: string; lines: string }) {
  const [copied, setCopied] = useState("");
  const copy = () =>
    navigator.clipboard.writeText(lines).then(
      () => setCopied("Copied"),
      () => setCopied("Select the lines and copy them: this page may not"),
    );
  return (
    <figure class="curl">
      <figcaption>
        <span>{name}</span>
        <span role="status" class="dim">
          {copied}
        </span>
        <button type="button" aria-label={`Copy: ${name}`} onClick={() => void copy()}>
          Copy
        </button>
      </figcaption>
      <pre>{lines}</pre>
    </figure>
  );
}
