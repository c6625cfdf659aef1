import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import { createApi } from "./api.ts";
import type { ApiProblem } from "./asking/problem.ts";
import { Console } from "./console.tsx";
import { type KeyStore, readAddress, takeKeyFromAddress } from "./session.ts";
import { SignIn } from "./sign-in/sign-in.tsx";

const REFUSED =
  "This key is not valid (any more): it may have been revoked, or it belongs to another installation";
const MAY_NOT = "This key may not use the control API: sign in with a secret key (gs_sk_…)";

/** Signed in or not. */
export function App({ keys }: { keys: KeyStore }) {
  const [key, setKey] = useState(keys.read);
  const [reason, setReason] = useState("");
  const [model, setModel] = useState(() => readAddress(location.hash).model);

  const signIn = useCallback(
    (next: string | null, why = "") => {
      keys.write(next);
      setKey(next);
      setReason(why);
    },
    [keys],
  );
  useEffect(() => {
    const follow = () => {
      const address = readAddress(location.hash);
      takeKeyFromAddress(window, keys);
      if (address.key !== null) signIn(keys.read());
      if (address.model !== null) setModel(address.model);
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [keys, signIn]);

  const api = useMemo(() => {
    const refused = ({ status }: ApiProblem) => signIn(null, status === 403 ? MAY_NOT : REFUSED);
    return key === null ? null : createApi({ key, refused });
  }, [key, signIn]);

  if (!api) return <SignIn key={reason} reason={reason} signIn={signIn} />;
  return <Console api={api} selected={model} signOut={() => signIn(null)} />;
}
