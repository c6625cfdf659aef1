import { ago, fullTime } from "../instants.ts";

/** How long ago; the exact time with its zone on hover. */
export function When({ at, now }: { at: string; now: Date }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={fullTime(date)}>
      {ago(date, now)}
    </time>
  );
}
