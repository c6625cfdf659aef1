import "./live.css";
import type { LiveRow } from "@groundswell/contracts";
import { useCallback, useState } from "preact/hooks";

import type { Api } from "../api.ts";
import { usePoll } from "../asking/use-poll.ts";
import { Card } from "../card/card.tsx";
import { Tag } from "../card/tag.tsx";
import { Trouble } from "../card/trouble.tsx";
import { FirstFeedback } from "../first-steps/first-feedback.tsx";
import { clockTime, fullTime } from "../instants.ts";
import { percent } from "../measures.ts";
import { Picture } from "./picture.tsx";
import { after, type Said, taught, userDid } from "./row-words.ts";

const ROWS = 40;
/** As many need no scrolling. */
const FEW = 12;
const EVERY_MS = 1_000;

interface LiveCardProps {
  api: Api;
  model: string;
  /** Nobody has said anything about a prediction yet. */
  noFeedback: boolean;
}

export function LiveCard({ api, model, noFeedback }: LiveCardProps) {
  const [following, setFollowing] = useState(true);
  const ask = useCallback((signal: AbortSignal) => api.live(model, ROWS, signal), [api, model]);
  const {
    answer: rows,
    problem,
    at,
    refresh,
  } = usePoll(ask, {
    everyMs: EVERY_MS,
    wanted: following,
  });
  return (
    <Card
      title="Live"
      class="live"
      beside={
        following ? (
          <Tag tone="good">following</Tag>
        ) : (
          <Tag tone="off">{at ? `paused at ${clockTime(at)}` : "paused"}</Tag>
        )
      }
      about="What users were shown, and what they did"
      actions={
        <button type="button" onClick={() => setFollowing(!following)}>
          {following ? "Pause" : "Follow"}
        </button>
      }
    >
      <Trouble problem={problem} retry={refresh} />
      {!rows && !problem && <p class="state">Loading…</p>}
      {rows?.length === 0 && <p class="state">No predictions yet.</p>}
      {rows && rows.length > 0 && <Rows rows={rows} />}
      {noFeedback && rows?.[0] && <FirstFeedback of={rows[0]} />}
    </Card>
  );
}

function Rows({ rows }: { rows: LiveRow[] }) {
  return (
    // In the tab order, so that the arrow keys can scroll it.
    <div
      class={rows.length > FEW ? "live-rows" : "live-rows few"}
      tabIndex={0}
      role="region"
      aria-label="Latest predictions"
    >
      <table>
        <thead>
          <tr>
            <th>Sent</th>
            <th>Read as</th>
            <th class="number">Sure</th>
            <th>The user</th>
            <th>Taught the model</th>
            <th class="number">After</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.prediction_id} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row }: { row: LiveRow }) {
  const { picture, text, label, probability } = row;
  const at = fullTime(new Date(row.at));
  const by = `${label}: by v${row.model_version} after ${row.learned_through} steps, ${at}`;
  return (
    <tr>
      <td class={text === null ? "" : "live-text"} title={text ?? at}>
        {picture && <Picture {...picture} />}
        {text !== null && <span dir="auto">{text === "" ? "(empty)" : text}</span>}
        {!picture && text === null && <span class="dim">not kept</span>}
      </td>
      <td class={text === null ? "live-label" : "live-label long"} title={by}>
        <b dir="auto">{label}</b>
      </td>
      <td class="number">{percent(probability)} %</td>
      <td>
        <SaidTag {...userDid(row)} />
      </td>
      <td>
        <SaidTag {...taught(row)} />
      </td>
      <td class="number">{after(row)}</td>
    </tr>
  );
}

function SaidTag({ tone, text, title }: Said) {
  if (tone === null) return <span class="dim">{text}</span>;
  return (
    <Tag tone={tone} title={title}>
      <bdi>{text}</bdi>
    </Tag>
  );
}
