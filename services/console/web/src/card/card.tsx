import "./card.css";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface CardProps {
  title: string;
  /** Beside the title: a tag, a count. */
  beside?: ComponentChildren;
  about?: ComponentChildren;
  actions?: ComponentChildren;
  children?: ComponentChildren;
  class?: string | undefined;
}

export function Card({ title, beside, about, actions, children, class: className }: CardProps) {
  const heading = useId();
  return (
    <section class={`card ${className ?? ""}`} aria-labelledby={heading}>
      <div class="card-head">
        <h2 id={heading}>{title}</h2>
        {beside}
        {actions && <div class="card-actions">{actions}</div>}
      </div>
      {about && <p class="card-about">{about}</p>}
      {children}
    </section>
  );
}
