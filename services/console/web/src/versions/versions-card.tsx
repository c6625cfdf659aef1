import "./versions.css";
import type { VersionView } from "@groundswell/contracts";
import { useCallback, useEffect, useState } from "preact/hooks";

import type { AliasView, Api } from "../api.ts";
import { usePoll } from "../asking/use-poll.ts";
import { Card } from "../card/card.tsx";
import { Trouble } from "../card/trouble.tsx";
import { percent } from "../measures.ts";
import { lastMove, PromoteDialog, RollBackDialog } from "./champion-dialogs.tsx";
import { intervalScale } from "./interval-scale.ts";
import { useVersionPages } from "./use-version-pages.ts";
import { VersionTable } from "./version-table.tsx";

interface VersionsCardProps {
  api: Api;
  model: string;
  now: Date;
  /** Grows when something happened that may have made a version. */
  changes: number;
  championMoved: () => void;
}

const MOVES_EVERY_MS = 5_000;

export function VersionsCard({ api, model, now, changes, championMoved }: VersionsCardProps) {
  const pages = useVersionPages(api, model);
  const askMoves = useCallback(
    async (signal: AbortSignal) => (await api.deployments(model, { limit: 20 }, signal)).data,
    [api, model],
  );
  const moves = usePoll(askMoves, { everyMs: MOVES_EVERY_MS });
  const [promoting, setPromoting] = useState<VersionView>();
  const [rollingBack, setRollingBack] = useState(false);
  const [said, setSaid] = useState("");
  const { refresh } = pages;
  useEffect(refresh, [refresh, changes]);
  useEffect(() => setSaid(""), [model]);

  const last = lastMove(moves.answer ?? []);
  const rows = pages.answer?.data;
  const scale = intervalScale(rows?.map(({ accuracy }) => accuracy) ?? []);
  const examined = rows?.some(({ accuracy }) => accuracy !== null) ?? false;
  const reach = examined ? `, drawn from ${percent(scale.low)} to ${percent(scale.high)} %` : "";
  const moved = ({ version }: AliasView) => {
    setPromoting(undefined);
    setRollingBack(false);
    setSaid(`v${version} is the champion now.`);
    refresh();
    moves.refresh();
    championMoved();
  };
  return (
    <Card
      title="Versions"
      about={`Exam accuracy with its 95 % interval${reach}`}
      actions={
        <button
          type="button"
          disabled={!last}
          title={last ? undefined : "The champion never was another version"}
          onClick={() => setRollingBack(true)}
        >
          Roll back
        </button>
      }
    >
      <p class="said" role="status">
        {said}
      </p>
      <Trouble problem={pages.problem} retry={refresh} />
      {!rows && !pages.problem && <p class="state">Loading…</p>}
      {rows && <VersionTable {...{ rows, scale, now }} promote={setPromoting} />}
      <Pager newer={pages.newer} older={pages.older} />
      {promoting && (
        <PromoteDialog
          {...{ api, model, moved }}
          version={promoting}
          close={() => setPromoting(undefined)}
        />
      )}
      {rollingBack && last && (
        <RollBackDialog {...{ api, model, moved, last, now }} close={() => setRollingBack(false)} />
      )}
    </Card>
  );
}

interface PagerProps {
  newer: (() => void) | undefined;
  older: (() => void) | undefined;
}

function Pager({ newer, older }: PagerProps) {
  if (!newer && !older) return null;
  return (
    <div class="pager">
      <button type="button" disabled={!newer} onClick={newer}>
        Newer
      </button>
      <button type="button" disabled={!older} onClick={older}>
        Older
      </button>
    </div>
  );
}
