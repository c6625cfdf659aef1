import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import { createApi } from "./api.ts";
import { asProblem } from "./asking/problem.ts";
import { Console } from "./console.tsx";
import { readAddress, session, takeCodeFromAddress } from "./session.ts";
import { SignIn } from "./sign-in/sign-in.tsx";

const OVER =
  "You are signed out: the session is over, or its key was revoked. Sign in again to go on";

/** `asking`: whether this browser is signed in is not known yet. */
type State = "asking" | "in" | { out: string };

/** Signed in or not. @param code of the address that the page was opened with */
export function App({ code }: { code: string | null }) {
  const [state, setState] = useState<State>("asking");
  const [model, setModel] = useState(() => readAddress(location.hash).model);

  const come = useCallback(async (given: string | null) => {
    try {
      if (given !== null) await session.open({ code: given });
      setState(given !== null || (await session.isOpen()) ? "in" : { out: "" });
    } catch (error) {
      setState({ out: asProblem(error).message });
    }
  }, []);
  useEffect(() => void come(code), [come, code]);
  useEffect(() => {
    const follow = () => {
      const address = readAddress(location.hash);
      const given = takeCodeFromAddress(window);
      if (given !== null) void come(given);
      if (address.model !== null) setModel(address.model);
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [come]);

  const api = useMemo(() => createApi({ refused: () => setState({ out: OVER }) }), []);
  const signIn = useCallback(async (key: string) => {
    await session.open({ key });
    setState("in");
  }, []);
  const signOut = useCallback(async () => {
    // Where it can't be ended on the server, the page does not say that it was.
    await session.end();
    setState({ out: "" });
  }, []);

  if (state === "asking") return <p class="state">Loading…</p>;
  if (state === "in") return <Console api={api} selected={model} signOut={() => void signOut()} />;
  return <SignIn key={state.out} reason={state.out} signIn={signIn} />;
}
