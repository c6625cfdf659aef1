import "./sign-in.css";
import { useState } from "preact/hooks";

import { asProblem } from "../asking/problem.ts";
import { Brand } from "../navigation/brand.tsx";
import { keyTrouble } from "./key-trouble.ts";

interface SignInProps {
  /** Why the page asks, where a code was refused or a session ended. */
  reason: string;
  /** Rejects with an `ApiProblem` where the key is refused. */
  signIn: (key: string) => Promise<void>;
}

export function SignIn({ reason, signIn }: SignInProps) {
  const [key, setKey] = useState("");
  const [trouble, setTrouble] = useState(reason);
  const submit = (event: Event) => {
    event.preventDefault();
    const problem = keyTrouble(key);
    setTrouble(problem ?? "");
    if (!problem) signIn(key.trim()).catch((error: unknown) => setTrouble(whyRefused(error)));
  };
  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit}>
        <Brand />
        <h1>Sign in with a key</h1>
        <p>
          <code>pnpm dashboard</code> prints an address that signs you in, once, within two minutes.
          Or give a secret key of your project (<code>gs_sk_…</code>): <code>pnpm start</code>{" "}
          prints one.
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
        <p class="dim">
          The key is not kept: this browser stays signed in for twelve hours, or until you sign out.
        </p>
      </form>
    </main>
  );
}

function whyRefused(error: unknown): string {
  const problem = asProblem(error);
  if (problem.status === 401)
    return "This key is not valid (any more): it may have been revoked, or it belongs to another installation";
  return problem.message;
}
