import "./sign-in.css";
import { useState } from "preact/hooks";

import { Brand } from "../navigation/brand.tsx";
import { keyTrouble } from "./key-trouble.ts";

interface SignInProps {
  /** Why the page asks, where a key was refused. */
  reason: string;
  signIn: (key: string) => void;
}

export function SignIn({ reason, signIn }: SignInProps) {
  const [key, setKey] = useState("");
  const [trouble, setTrouble] = useState(reason);
  const submit = (event: Event) => {
    event.preventDefault();
    const problem = keyTrouble(key);
    setTrouble(problem ?? "");
    if (!problem) signIn(key.trim());
  };
  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit}>
        <Brand />
        <h1>Sign in with a key</h1>
        <p>
          The dashboard asks the API with a secret key of your project (<code>gs_sk_…</code>).{" "}
          <code>pnpm start</code> prints one, and an address that has it built in, at the end of its
          story.
        </p>
        <label for="key">Secret key</label>
        <input
          id="key"
          name="key"
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={key}
          aria-describedby="key-trouble"
          aria-invalid={trouble !== ""}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        <p id="key-trouble" class="sign-in-trouble" role="alert">
          {trouble}
        </p>
        <button type="submit" class="primary">
          Sign in
        </button>
        <p class="dim">It stays in this tab and is forgotten when the tab is closed.</p>
      </form>
    </main>
  );
}
