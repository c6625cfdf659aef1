import type { ComponentChildren } from "preact";

/** The tone only repeats what the words say. */
export type Tone = "accent" | "good" | "warn" | "bad" | "off";

interface TagProps {
  tone: Tone;
  children: ComponentChildren;
  title?: string | undefined;
}

export function Tag({ tone, children, title }: TagProps) {
  return (
    <span class={`tag ${tone}`} title={title}>
      {children}
    </span>
  );
}
