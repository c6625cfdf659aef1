import "./confirm.css";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import type { Action } from "../asking/use-action.ts";
import { Trouble } from "../card/trouble.tsx";

interface ConfirmProps {
  title: string;
  children: ComponentChildren;
  /** What the button that does it says: a verb. */
  verb: string;
  action: Action;
  confirm: () => void;
  close: () => void;
}

/** A modal `<dialog>`: the browser keeps the focus inside, Escape closes, focus goes back. */
export function Confirm({ title, children, verb, action, confirm, close }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const { busy, problem } = action;
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby={heading} onClose={close}>
      <h2 id={heading}>{title}</h2>
      {children}
      <Trouble problem={problem} />
      <div class="confirm-buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          Leave it
        </button>
        <button type="button" class="primary" disabled={busy} onClick={confirm}>
          {busy ? "Working…" : verb}
        </button>
      </div>
    </dialog>
  );
}
