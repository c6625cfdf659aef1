import { z } from "zod";

/** For one sign-in to the dashboard within two minutes: it stands in an address, where no key belongs. */
export const SignInCode = z.object({ code: z.string(), expires_at: z.string() });

/** What a session of the dashboard is opened with. */
export const SessionPost = z.union(
  [z.strictObject({ code: z.string().max(128) }), z.strictObject({ key: z.string().max(256) })],
  { error: 'send {"code": "…"} from the dashboard\'s address, or {"key": "gs_sk_…"}' },
);
export type SessionPost = z.infer<typeof SessionPost>;

export const SessionView = z.object({ signed_in: z.boolean(), expires_at: z.string().nullable() });
export type SessionView = z.infer<typeof SessionView>;
