const SECRET = /^gs_sk_[A-Za-z0-9]{12}_[A-Za-z0-9]{32}[0-9a-f]{8}$/;

/** What is wrong with a key by its looks alone; the server judges the rest. */
export function keyTrouble(text: string): string | undefined {
  const key = text.trim();
  if (key === "") return "Paste a secret key";
  if (key.startsWith("gs_wk_"))
    return "This is a write key, which may only send events. The dashboard needs a secret key (gs_sk_…)";
  if (!SECRET.test(key))
    return "This is no secret key: one begins with gs_sk_ and is 59 characters long";
  return undefined;
}
